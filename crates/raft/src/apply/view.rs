//! Views: what the machine knows that everybody asks for, published after each batch. Whoever
//! holds one holds a moment of it; nobody waits for anybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackord_core::State;
use ackord_core::id::{NodeId, SourceId, TeamId};
use ackord_core::model::{Node, Source, Team, Token};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::text::{Slug, TeamName};
use ackord_core::time::Timestamp;

/// One moment of the machine.
#[derive(Debug, Clone)]
pub struct View {
    /// The first index that is not applied.
    pub next: u64,
    /// Log time: the stamp of the latest entry.
    pub now: Timestamp,
    /// The format of the rows; 0 before the cluster's birth.
    pub format: u32,
    /// Identity of the cluster; 0 before its birth.
    pub cluster: u128,
    /// The instant from which on a tick would do something; none: not before a command.
    pub deadline: Option<Timestamp>,
    /// The instant of the first cron's tick that is not decided.
    pub cron: Option<Timestamp>,
    /// Nodes, teams, tokens and sources.
    pub directory: Arc<Directory>,
}

impl View {
    pub(super) fn of(state: &State, next: u64, directory: Arc<Directory>) -> Self {
        let meta = state.meta();
        Self {
            next,
            now: meta.now,
            format: meta.format,
            cluster: meta.cluster,
            deadline: state.next_deadline(),
            cron: state.next_cron(),
            directory,
        }
    }
}

/// Nodes, teams and tokens, ended ones too; and sources.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    nodes: BTreeMap<NodeId, Arc<Node>>,
    teams: BTreeMap<TeamId, Arc<Team>>,
    names: BTreeMap<TeamName, TeamId>,
    tokens: BTreeMap<[u8; 32], Arc<Token>>,
    sources: BTreeMap<SourceId, Arc<Source>>,
    slugs: BTreeMap<(TeamId, Slug), SourceId>,
}

impl Directory {
    pub(super) fn of(state: &State) -> Self {
        let mut directory = Self::default();
        for node in state.nodes() {
            directory.nodes.insert(node.id, Arc::new(node.clone()));
        }
        for team in state.teams() {
            directory.put_team(team);
        }
        for token in state.tokens() {
            directory.tokens.insert(token.hash, Arc::new(token.clone()));
        }
        for source in state.sources() {
            directory.put_source(source);
        }
        directory
    }

    /// The directory after `changes`; none if they leave it as it is.
    pub(super) fn after(&self, changes: &[Change]) -> Option<Self> {
        let concerned = |it: &&Change| {
            let (Change::Put(key, _) | Change::Delete(key)) = it;
            matches!(
                key,
                Key::Node(_) | Key::Team(_) | Key::Token(_) | Key::Source(_)
            )
        };
        let mut changes = changes.iter().filter(concerned).peekable();
        changes.peek()?;
        let mut after = self.clone();
        changes.for_each(|it| after.change(it));
        Some(after)
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Put(_, Row::Node(node)) => {
                self.nodes.insert(node.id, Arc::new(node.clone()));
            }
            Change::Put(_, Row::Team(team)) => self.put_team(team),
            Change::Put(_, Row::Token(token)) => {
                self.tokens.insert(token.hash, Arc::new(token.clone()));
            }
            Change::Put(_, Row::Source(source)) => self.put_source(source),
            Change::Delete(Key::Source(id)) => {
                if let Some(source) = self.sources.remove(id) {
                    self.slugs.remove(&(source.team, source.slug.clone()));
                }
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

    fn put_source(&mut self, source: &Arc<Source>) {
        let name = (source.team, source.slug.clone());
        self.slugs.insert(name, source.id);
        self.sources.insert(source.id, Arc::clone(source));
    }

    /// The node of this number.
    pub fn node(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.nodes.get(&id)
    }

    /// All nodes that ever were admitted, by their numbers.
    pub fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.nodes.values()
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

    /// The source of this id.
    pub fn source(&self, id: SourceId) -> Option<&Arc<Source>> {
        self.sources.get(&id)
    }

    /// The source that a team has under this name.
    pub fn source_named(&self, team: TeamId, slug: &Slug) -> Option<&Arc<Source>> {
        let id = self.slugs.get(&(team, slug.clone()))?;
        self.source(*id)
    }

    /// All sources, by id.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.sources.values()
    }
}
