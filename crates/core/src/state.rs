//! The part of the rows that is held in memory, and what is derived from it. Bounded by teams,
//! tokens, queues, sessions and jobs; never by events.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::action::Action;
use crate::command::Fence;
use crate::due::DueKey;
use crate::id::{EventId, JobId, NodeId, QueueId, SessionId, TeamId, TokenId};
use crate::model::{Class, Job, Link, Meta, Node, Queue, Session, Team, Token};
use crate::text::{SessionKey, Tag, TeamName};
use crate::time::{Position, Timestamp};
use crate::window::Window;

/// An event's entry in a run.
pub(crate) type Entry = (Position, EventId);

/// What is derived of a queue's rows and sessions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Derived {
    /// The first events of each run, by [`Class::index`]; fresh, then returned.
    pub(crate) windows: [[Window<Entry>; 2]; 3],
    /// Sessions that could take an event now, longest idle first.
    pub(crate) idle: BTreeSet<(Position, SessionId)>,
    /// Sessions that an interrupt may preempt; the last one goes first.
    pub(crate) preemptible: BTreeSet<(Class, Position, SessionId)>,
    /// Events that are leased or parked, interrupts left out.
    pub(crate) held: u64,
    /// When a tick dispatches the queue again; see [`State::wakes`].
    pub(crate) wake: Option<Timestamp>,
}

/// A queue in memory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QueueCell {
    pub(crate) row: Queue,
    pub(crate) derived: Derived,
}

/// How much of what is bounded a team has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) queues: usize,
    pub(crate) sessions: usize,
}

/// Things of one kind that somebody has: those that count, and those that are only remembered, in
/// the order in which they ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owned<Id> {
    pub(crate) live: BTreeSet<Id>,
    pub(crate) ended: BTreeSet<(Timestamp, Id)>,
}

impl<Id> Default for Owned<Id> {
    fn default() -> Self {
        Self {
            live: BTreeSet::new(),
            ended: BTreeSet::new(),
        }
    }
}

impl<Id: Ord + Copy> Owned<Id> {
    pub(crate) fn add(&mut self, id: Id, ended: Option<Timestamp>) {
        match ended {
            None => self.live.insert(id),
            Some(at) => self.ended.insert((at, id)),
        };
    }

    /// One of those that count has ended. Answers which one is to be forgotten, if more than
    /// `kept` are remembered.
    pub(crate) fn end(&mut self, id: Id, at: Timestamp, kept: usize) -> Option<Id> {
        self.live.remove(&id);
        self.ended.insert((at, id));
        let over = self.ended.len() > kept;
        over.then(|| self.ended.pop_first())?.map(|it| it.1)
    }
}

/// What the machine holds in memory.
///
/// Equality means "would answer every command alike": caches do not count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub(crate) meta: Meta,
    pub(crate) nodes: BTreeMap<NodeId, Node>,
    pub(crate) teams: BTreeMap<TeamId, Team>,
    pub(crate) team_names: BTreeMap<TeamName, TeamId>,
    pub(crate) tokens: BTreeMap<TokenId, Token>,
    pub(crate) token_hashes: BTreeMap<[u8; 32], TokenId>,
    pub(crate) queues: BTreeMap<QueueId, QueueCell>,
    pub(crate) queue_names: BTreeMap<(TeamId, Option<Tag>), QueueId>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) session_keys: BTreeMap<(TeamId, SessionKey), SessionId>,
    pub(crate) jobs: BTreeMap<JobId, Job>,
    /// The tokens of each team, and of the cluster's operators.
    pub(crate) team_tokens: BTreeMap<Option<TeamId>, Owned<TokenId>>,
    pub(crate) team_jobs: BTreeMap<TeamId, Owned<JobId>>,
    /// Jobs that have not ended.
    pub(crate) open_jobs: BTreeSet<JobId>,
    pub(crate) usage: BTreeMap<TeamId, Usage>,
    /// When something happens to a session by itself.
    pub(crate) deadlines: BTreeSet<(Timestamp, SessionId)>,
    /// Queues that could lease, but for their rate or the bound of one command's work.
    pub(crate) wakes: BTreeSet<(Timestamp, QueueId)>,
    /// The first rows of the due index.
    pub(crate) due: Window<DueKey>,
    /// Not part of any row: counts changes of teams and tokens since the process began.
    directory: Uncounted,
}

/// A number that does not take part in equality.
#[derive(Debug, Clone, Copy, Default)]
struct Uncounted(u64);

impl PartialEq for Uncounted {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl State {
    /// The cluster's counters and the log's time.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// All teams.
    pub fn teams(&self) -> impl Iterator<Item = &Team> {
        self.teams.values()
    }

    /// All tokens, and the last ones that were revoked.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    /// All sessions on record.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// All queues.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queues.values().map(|it| &it.row)
    }

    /// Changes whenever a team or a token does, so that a copy of them can be kept.
    #[must_use]
    pub fn directory_version(&self) -> u64 {
        self.directory.0
    }

    pub(crate) fn directory_changed(&mut self) {
        self.directory.0 += 1;
    }

    /// The instant from which on a tick would do something; none: not before a command.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.meta.cluster == 0 {
            return None;
        }
        let job = (!self.open_jobs.is_empty()).then_some(self.meta.now);
        let due = (self.meta.due_len > 0)
            .then(|| self.due.first().map_or(self.meta.due_from, |it| it.at));
        let first = [
            self.deadlines.first().map(|it| it.0),
            self.wakes.first().map(|it| it.0),
            due,
            job,
            Some(self.meta.sweep_next),
        ];
        first.into_iter().flatten().min()
    }

    /// What `node` must be doing now: what each session that is attached to it has in hand, however
    /// far its lease has come. Told again when actions were lost; whoever has written a delivery to
    /// that stream already does nothing. A revocation or a close that was lost is not told again.
    #[must_use]
    pub fn outstanding(&self, node: NodeId) -> Vec<Action> {
        let mine = |it: &&Session| it.node == node && it.link == Link::Attached;
        let deliver = |it: &Session| {
            it.lease.map(|lease| Action::Deliver {
                node,
                session: it.id,
                stream: it.stream,
                fence: Fence {
                    event: lease.event,
                    delivery: lease.delivery,
                },
            })
        };
        self.sessions
            .values()
            .filter(mine)
            .filter_map(deliver)
            .collect()
    }

    pub(crate) fn queue(&self, id: QueueId) -> &QueueCell {
        self.queues.get(&id).expect("a queue is never removed")
    }

    pub(crate) fn queue_mut(&mut self, id: QueueId) -> &mut QueueCell {
        self.queues.get_mut(&id).expect("a queue is never removed")
    }

    pub(crate) fn session(&self, id: SessionId) -> &Session {
        self.sessions
            .get(&id)
            .expect("who names a session holds something of it")
    }

    pub(crate) fn add_team(&mut self, team: Team) {
        self.usage(team.id);
        self.team_names.insert(team.name.clone(), team.id);
        self.teams.insert(team.id, team);
    }

    pub(crate) fn usage(&mut self, team: TeamId) -> &mut Usage {
        self.usage.entry(team).or_default()
    }
}
