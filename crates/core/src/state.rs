//! The part of the rows that is held in memory, and what is derived from it. Bounded by teams,
//! tokens, queues, sessions, sources and jobs; never by events.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::action::Action;
use crate::approvals::{Decided, TeamApprovals};
use crate::batch::FORMAT;
use crate::command::Fence;
use crate::due::DueKey;
use crate::id::{
    ApprovalId, CronId, EventId, JobId, NodeId, QueueId, SessionId, SourceId, TeamId, TokenId,
};
use crate::model::{
    Approval, Class, Cron, Holding, Job, Link, Meta, Node, Queue, Session, Source, Team, Token,
    Watch, Watched,
};
use crate::text::{Label, RequestId, SessionKey, Slug, Tag, TeamName};
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
    /// Sessions that have a stream.
    pub(crate) attached: u64,
    /// Sessions that have opted out of messages, and have a stream or hold something.
    pub(crate) opted_out: u64,
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
    pub(crate) sources: usize,
    pub(crate) definition_bytes: usize,
    pub(crate) crons: usize,
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
    /// Queues that have a session with a stream.
    pub(crate) present: BTreeSet<(TeamId, QueueId)>,
    pub(crate) jobs: BTreeMap<JobId, Job>,
    pub(crate) sources: BTreeMap<SourceId, Arc<Source>>,
    pub(crate) source_slugs: BTreeMap<(TeamId, Slug), SourceId>,
    pub(crate) holdings: BTreeMap<SourceId, Holding>,
    /// Those whose events ticks release: they are enabled, or gone.
    pub(crate) releasing: BTreeSet<SourceId>,
    pub(crate) crons: BTreeMap<CronId, Arc<Cron>>,
    pub(crate) cron_labels: BTreeMap<(TeamId, Label), CronId>,
    /// Crons by the tick that is to be decided next.
    pub(crate) cron_ticks: BTreeSet<(Timestamp, CronId)>,
    pub(crate) watches: BTreeMap<Watched, Watch>,
    /// When silences have lasted long enough to be told of.
    pub(crate) silences: BTreeSet<(Timestamp, Watched)>,
    /// The tokens of each team, and of the cluster's operators.
    pub(crate) team_tokens: BTreeMap<Option<TeamId>, Owned<TokenId>>,
    pub(crate) team_jobs: BTreeMap<TeamId, Owned<JobId>>,
    /// Jobs that have not ended.
    pub(crate) open_jobs: BTreeSet<JobId>,
    pub(crate) usage: BTreeMap<TeamId, Usage>,
    /// Those that are open.
    pub(crate) approvals: BTreeMap<ApprovalId, Arc<Approval>>,
    /// What is remembered of those that were decided: their rows have the rest.
    pub(crate) decided_approvals: BTreeMap<ApprovalId, Decided>,
    pub(crate) team_approvals: BTreeMap<TeamId, TeamApprovals>,
    /// Approvals by what their askers call them.
    pub(crate) approval_requests: BTreeMap<(SessionId, u64, RequestId), ApprovalId>,
    /// Open approvals by when they are denied.
    pub(crate) approval_deadlines: BTreeSet<(Timestamp, ApprovalId)>,
    /// Open approvals by who asks.
    pub(crate) session_approvals: BTreeMap<SessionId, BTreeSet<ApprovalId>>,
    /// Open approvals for which nobody waits any more.
    pub(crate) stale_approvals: BTreeSet<ApprovalId>,
    /// When something happens to a session by itself.
    pub(crate) deadlines: BTreeSet<(Timestamp, SessionId)>,
    /// Queues that could lease, but for their rate or the bound of one command's work.
    pub(crate) wakes: BTreeSet<(Timestamp, QueueId)>,
    /// The first rows of the due index.
    pub(crate) due: Window<DueKey>,
    /// Not part of any row: how many formats beyond [`FORMAT`] the program knows.
    formats_beyond: Uncounted<u32>,
    /// Not part of any row: counts changes of teams and tokens since the process began.
    directory: Uncounted<u64>,
}

/// A number that does not take part in equality.
#[derive(Debug, Clone, Copy, Default)]
struct Uncounted<T>(T);

impl<T> PartialEq for Uncounted<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl State {
    /// The same state in a program that knows formats up to `known`, if that is more than
    /// [`FORMAT`]: a test is ahead of its time.
    #[must_use]
    pub fn knowing(mut self, known: u32) -> Self {
        self.formats_beyond.0 = known.saturating_sub(FORMAT);
        self
    }

    /// The newest format that the program applies.
    pub(crate) fn known_format(&self) -> u32 {
        FORMAT + self.formats_beyond.0
    }

    /// The cluster's counters and the log's time.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// All nodes that ever were admitted, removed ones too.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
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

    /// All sources.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.sources.values()
    }

    /// All crons.
    pub fn crons(&self) -> impl Iterator<Item = &Arc<Cron>> {
        self.crons.values()
    }

    /// What is known of the silence of a cron or a source, if somebody wants to hear of it.
    #[must_use]
    pub fn watch(&self, of: Watched) -> Option<&Watch> {
        self.watches.get(&of)
    }

    /// The team's cron of this label.
    #[must_use]
    pub fn cron_named(&self, team: TeamId, label: &Label) -> Option<CronId> {
        self.cron_labels.get(&(team, label.clone())).copied()
    }

    /// The instant of the first cron's tick that is not decided. What comes of it is computed by
    /// whoever proposes, so that it is no deadline of a tick of time.
    #[must_use]
    pub fn next_cron(&self) -> Option<Timestamp> {
        self.cron_ticks.first().map(|it| it.0)
    }

    /// The crons with a tick at `now` or before that is not decided, those that have waited longest
    /// first; at most `limit`.
    #[must_use]
    pub fn due_crons(&self, now: Timestamp, limit: usize) -> Vec<Arc<Cron>> {
        let due = self.cron_ticks.iter().take_while(|it| it.0 <= now);
        due.take(limit)
            .map(|it| Arc::clone(&self.crons[&it.1]))
            .collect()
    }

    /// The instant from which on a tick would do something; none: not before a command.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.meta.cluster == 0 {
            return None;
        }
        let work = !self.open_jobs.is_empty()
            || !self.releasing.is_empty()
            || !self.stale_approvals.is_empty();
        let work = work.then_some(self.meta.now);
        let due = (self.meta.due_len > 0)
            .then(|| self.due.first().map_or(self.meta.due_from, |it| it.at));
        let first = [
            self.deadlines.first().map(|it| it.0),
            self.wakes.first().map(|it| it.0),
            self.approval_deadlines.first().map(|it| it.0),
            self.next_alarm(),
            due,
            work,
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

    pub(crate) fn add_source(&mut self, source: Arc<Source>) {
        let usage = self.usage(source.team);
        usage.sources += 1;
        usage.definition_bytes += source.definition.len();
        let name = (source.team, source.slug.clone());
        self.source_slugs.insert(name, source.id);
        self.sources.insert(source.id, source);
    }

    pub(crate) fn remove_source(&mut self, id: SourceId) -> Option<Arc<Source>> {
        let source = self.sources.remove(&id)?;
        let usage = self.usage(source.team);
        usage.sources -= 1;
        usage.definition_bytes -= source.definition.len();
        self.source_slugs
            .remove(&(source.team, source.slug.clone()));
        Some(source)
    }

    pub(crate) fn add_cron(&mut self, cron: Arc<Cron>) {
        self.usage(cron.team).crons += 1;
        let label = (cron.team, cron.terms.label.clone());
        self.cron_labels.insert(label, cron.id);
        self.cron_ticks.extend(cron.next.map(|at| (at, cron.id)));
        self.crons.insert(cron.id, cron);
    }

    pub(crate) fn remove_cron(&mut self, id: CronId) -> Option<Arc<Cron>> {
        let cron = self.crons.remove(&id)?;
        self.usage(cron.team).crons -= 1;
        self.cron_labels
            .remove(&(cron.team, cron.terms.label.clone()));
        if let Some(at) = cron.next {
            self.cron_ticks.remove(&(at, id));
        }
        Some(cron)
    }
}
