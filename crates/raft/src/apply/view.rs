//! Views: what the machine knows that everybody asks for, published after each batch. Whoever
//! holds one holds a moment of it; nobody waits for anybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackord_core::State;
use ackord_core::id::TeamId;
use ackord_core::model::{Team, Token};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::text::TeamName;
use ackord_core::time::Timestamp;

/// One moment of the machine.
#[derive(Debug, Clone)]
pub struct View {
    /// The first index that is not applied.
    pub next: u64,
    /// Log time: the stamp of the latest entry.
    pub now: Timestamp,
    /// Identity of the cluster; 0 before its birth.
    pub cluster: u128,
    /// The instant from which on a tick would do something; none: not before a command.
    pub deadline: Option<Timestamp>,
    /// Teams and tokens.
    pub directory: Arc<Directory>,
}

impl View {
    pub(super) fn of(state: &State, next: u64, directory: Arc<Directory>) -> Self {
        let meta = state.meta();
        Self {
            next,
            now: meta.now,
            cluster: meta.cluster,
            deadline: state.next_deadline(),
            directory,
        }
    }
}

/// Teams and tokens, ended ones too.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    teams: BTreeMap<TeamId, Arc<Team>>,
    names: BTreeMap<TeamName, TeamId>,
    tokens: BTreeMap<[u8; 32], Arc<Token>>,
}

impl Directory {
    pub(super) fn of(state: &State) -> Self {
        let mut directory = Self::default();
        for team in state.teams() {
            directory.put_team(team);
        }
        for token in state.tokens() {
            directory.tokens.insert(token.hash, Arc::new(token.clone()));
        }
        directory
    }

    /// The directory after `changes`; none if they leave it as it is.
    pub(super) fn after(&self, changes: &[Change]) -> Option<Self> {
        let concerned = |it: &&Change| {
            let (Change::Put(key, _) | Change::Delete(key)) = it;
            matches!(key, Key::Team(_) | Key::Token(_))
        };
        let mut changes = changes.iter().filter(concerned).peekable();
        changes.peek()?;
        let mut after = self.clone();
        changes.for_each(|it| after.change(it));
        Some(after)
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Put(_, Row::Team(team)) => self.put_team(team),
            Change::Put(_, Row::Token(token)) => {
                self.tokens.insert(token.hash, Arc::new(token.clone()));
            }
            Change::Delete(Key::Team(id)) => {
                if let Some(team) = self.teams.remove(id) {
                    self.names.remove(&team.name);
                }
            }
            Change::Delete(Key::Token(id)) => self.tokens.retain(|_, it| it.id != *id),
            Change::Put(..) | Change::Delete(_) => {}
        }
    }

    fn put_team(&mut self, team: &Team) {
        self.names.insert(team.name.clone(), team.id);
        self.teams.insert(team.id, Arc::new(team.clone()));
    }

    /// The team of this id.
    pub fn team(&self, id: TeamId) -> Option<&Arc<Team>> {
        self.teams.get(&id)
    }

    /// The team of this name.
    pub fn team_named(&self, name: &TeamName) -> Option<&Arc<Team>> {
        self.names.get(name).and_then(|id| self.team(*id))
    }

    /// All teams, by id.
    pub fn teams(&self) -> impl Iterator<Item = &Arc<Team>> {
        self.teams.values()
    }

    /// The token whose secret has this SHA-256. Whether it is still good is for the caller to
    /// judge.
    pub fn token(&self, hash: &[u8; 32]) -> Option<&Arc<Token>> {
        self.tokens.get(hash)
    }

    /// All tokens, by hash.
    pub fn tokens(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.tokens.values()
    }
}
