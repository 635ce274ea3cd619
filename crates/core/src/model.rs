//! What the machine knows: the rows, one struct each. Plain data; rules live with the commands.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::history::History;
use crate::id::{EventId, JobId, NodeId, QueueId, SessionId, TeamId, TokenId};
use crate::text::{
    ContentType, EventType, Label, MetaKey, MetaValue, Note, OrderingKey, SessionKey, Summary, Tag,
    TeamName,
};
use crate::time::{Millis, Position, Timestamp};

/// One row of the cluster: counters and the log's time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// Which formats this state has been raised to; 0 before birth.
    pub format: u32,
    /// Identity of the cluster, drawn at birth; 0 before.
    pub cluster: u128,
    /// Log time: the latest stamp applied. Never goes back.
    pub now: Timestamp,
    /// The last number given to a team, token, queue, session or job.
    pub last_id: u64,
    /// No row of the due index lies before this instant.
    pub due_from: Timestamp,
    /// Rows of the due index.
    pub due_len: u64,
    /// When the next sweep of what has been kept long enough begins.
    pub sweep_next: Timestamp,
    /// The team that the present sweep has come to.
    pub sweep_team: TeamId,
}

/// A team (tenant).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name, unique in the cluster.
    pub name: TeamName,
    /// When it was made.
    pub created: Timestamp,
    /// How long dedup keys live.
    pub dedup_kept: Millis,
    /// How long finished events are kept.
    pub events_kept: Millis,
    /// How long dead letters are kept.
    pub dead_kept: Millis,
    /// No finished event of the team lies before this position.
    pub finished_from: Position,
    /// No dead letter of the team lies before this position.
    pub dead_from: Position,
}

/// What a token may do. Roles do not include each other, but for [`Role::Admin`], which has all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything in its team; teams and the cluster if it belongs to no team.
    Admin,
    /// Queues, dead letters, replay, cancel.
    Manage,
    /// Submit and cancel its own.
    Submit,
    /// Attach a session, ack, nack, extend.
    Session,
    /// Approve what an agent may not do alone.
    Approve,
    /// Read events, queues, sessions.
    Observe,
}

/// A bearer token: the SHA-256 of its secret, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id; not secret.
    pub id: TokenId,
    /// Its team; none for a token of the cluster's operators.
    pub team: Option<TeamId>,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What it may do; sorted, without repeats, not empty.
    pub roles: Vec<Role>,
    /// The tags that it is bound to; empty: any tag, and none.
    pub tags: Vec<Tag>,
    /// For people.
    pub label: Option<Label>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
    /// When it was revoked. A revoked token stays, so that its id keeps its meaning.
    pub revoked: Option<Timestamp>,
}

/// Precedence of an event in its queue; the lesser goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Goes at once: takes an idle session, or preempts.
    Interrupt,
    /// Before normal ones.
    Priority,
    /// The rest.
    Normal,
}

impl Class {
    /// All classes, most urgent first.
    pub const ALL: [Self; 3] = [Self::Interrupt, Self::Priority, Self::Normal];

    /// The place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Interrupt => 0,
            Self::Priority => 1,
            Self::Normal => 2,
        }
    }
}

/// Whether a queue takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Takes submits and delivers.
    #[default]
    Active,
    /// Takes submits, holds deliveries back. What is leased stays leased.
    Paused,
    /// Refuses submits, delivers what it has.
    Draining,
}

/// What people may set on a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSettings {
    /// Lease after a claim; each extension adds as much.
    pub lease: Millis,
    /// Time from a written delivery to its claim.
    pub claim_limit: Millis,
    /// Time from the lease to its last extension.
    pub lease_cap: Millis,
    /// Attempts before an event is dead.
    pub attempts: u32,
    /// One event at a time, whole queue, in order: the head blocks.
    pub strict: bool,
    /// Leases a minute, spread evenly; none: no bound.
    pub leases_per_minute: Option<u32>,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            lease: crate::limits::LEASE_DEFAULT,
            claim_limit: crate::limits::CLAIM_LIMIT_DEFAULT,
            lease_cap: crate::limits::LEASE_CAP_DEFAULT,
            attempts: crate::limits::ATTEMPTS_DEFAULT,
            strict: false,
            leases_per_minute: None,
        }
    }
}

/// A run of index rows: where its first row is at the earliest, and how many rows it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Run {
    /// No row of the run lies before this.
    pub head: Position,
    /// Rows of the run.
    pub len: u64,
}

/// The ready events of one class of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Runs {
    /// In the order in which they became deliverable; rows are added at the end only.
    pub fresh: Run,
    /// What came back, or waited in a lane, at the place that it always had.
    pub returned: Run,
}

/// The event that blocks a strict queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictHold {
    /// The event.
    pub event: EventId,
    /// Its class.
    pub class: Class,
    /// Its place.
    pub position: Position,
    /// It came back and may be leased again; else it is leased, parked or in backoff.
    pub ready: bool,
}

/// A queue: one (team, tag). Everything here is one row, read whole at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its id.
    pub id: QueueId,
    /// Its team.
    pub team: TeamId,
    /// Its tag; none for the team's untagged queue.
    pub tag: Option<Tag>,
    /// Whether it takes and gives.
    pub mode: Mode,
    /// What people set.
    pub settings: QueueSettings,
    /// Counts changes of mode and settings; a change names the one it was made from.
    pub revision: u64,
    /// Ready events, by [`Class::index`].
    pub runs: [Runs; 3],
    /// Leases in a row from a higher class while a lower one was eligible.
    pub streak: u32,
    /// On a strict queue: the event that must complete before the next one goes.
    pub strict_hold: Option<StrictHold>,
    /// Earliest instant of the next lease, where leases a minute are bounded.
    pub rate_next: Timestamp,
    /// Events that wait for their `not_before`.
    pub delayed: u64,
    /// Events that wait for their backoff.
    pub backoff: u64,
    /// Events that wait behind another one of their ordering key.
    pub waiting: u64,
    /// Dead letters.
    pub dead: u64,
}

/// Whether a session has a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It has a stream on its node.
    Attached,
    /// It has none; what it holds is kept until then, and its record too if it holds nothing.
    Detached {
        /// When it lost its stream.
        since: Timestamp,
        /// When the cluster stops waiting for it.
        until: Timestamp,
    },
}

/// Whether a session takes events. One that does not is well again once it makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    /// It takes events.
    Well,
    /// Its node never said that an offer was written to it.
    Unreachable,
    /// It was given an event and did not claim it in time.
    Deaf,
}

/// How far a lease has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Assigned; nobody has said yet that it was written to the session.
    Offered,
    /// Written to the session.
    Confirmed,
    /// The model has seen it.
    Claimed,
}

/// An event in a session's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The event.
    pub event: EventId,
    /// The delivery number; with the event, the fence.
    pub delivery: u32,
    /// The event's class: decides who is preempted.
    pub class: Class,
    /// The log position of the assignment.
    pub position: Position,
    /// How long it is after a claim or an extension.
    pub length: Millis,
    /// How far it has come.
    pub phase: Phase,
    /// When this phase ends, unless something happens.
    pub until: Timestamp,
    /// When the last extension ends.
    pub cap: Timestamp,
}

/// An event that an interrupt pushed aside, waiting on its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parked {
    /// The event.
    pub event: EventId,
    /// Its delivery number: an ack of it still counts.
    pub delivery: u32,
    /// Its class.
    pub class: Class,
}

/// A session: one (team, key), for as long as the cluster remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Its team.
    pub team: TeamId,
    /// What stays the same when it comes back.
    pub key: SessionKey,
    /// Drawn by each process of the session: the same one is a reconnection, another a takeover.
    pub nonce: u64,
    /// The queue it takes from.
    pub queue: QueueId,
    /// The token that attached it.
    pub token: TokenId,
    /// The node that holds its stream, or held it last.
    pub node: NodeId,
    /// Counts its attaches; names one stream of it.
    pub stream: u64,
    /// Whether it has a stream.
    pub link: Link,
    /// Whether it takes events.
    pub health: Health,
    /// Since when it holds nothing; the longest idle goes first.
    pub idle_since: Position,
    /// What it holds.
    pub lease: Option<Lease>,
    /// What an interrupt pushed aside.
    pub parked: Option<Parked>,
    /// When it attached last.
    pub attached: Timestamp,
    /// The log position of that attach.
    pub attached_at: Position,
    /// When it made its last call.
    pub seen: Timestamp,
}

/// Why an event is a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadCause {
    /// All attempts were spent.
    Attempts,
    /// Delivered too often without an ack.
    Undeliverable,
    /// Its TTL ended before a session had it.
    Expired,
    /// A session said that nobody should try again.
    Rejected,
}

/// Where an event is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventState {
    /// Waits for its `not_before`; has no place yet.
    Delayed {
        /// Then it becomes deliverable.
        until: Timestamp,
    },
    /// Stands in the ready index of its queue.
    Ready,
    /// Waits in its ordering key's lane, or its strict queue.
    Waiting,
    /// In the hands of a session.
    Leased {
        /// The session.
        session: SessionId,
    },
    /// Pushed aside by an interrupt.
    Parked {
        /// The session that it resumes on.
        session: SessionId,
    },
    /// Waits after a failed attempt; keeps its place and its ordering key.
    Backoff {
        /// Then it is ready again.
        until: Timestamp,
    },
    /// A dead letter, kept for people.
    Dead {
        /// Why.
        cause: DeadCause,
        /// Since when.
        at: Timestamp,
        /// The log position that says so: its place in the list of dead letters.
        position: Position,
    },
    /// Out of the queue for good, unless somebody replays it.
    Ended {
        /// How.
        outcome: Outcome,
        /// Since when.
        at: Timestamp,
        /// The log position that says so: its place in the team's history.
        position: Position,
    },
}

/// The ack that counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AckRecord {
    /// The delivery that it answered.
    pub delivery: u32,
    /// The session key that acknowledged, if a session held it.
    pub session: Option<SessionKey>,
    /// When.
    pub at: Timestamp,
    /// The log position of the ack.
    pub position: Position,
    /// What the session did.
    pub summary: Option<Summary>,
}

/// An event: all that changes during its life. What never changes and may be large is its
/// [`Content`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its team.
    pub team: TeamId,
    /// Its queue.
    pub queue: QueueId,
    /// Its class.
    pub class: Class,
    /// Its ordering key.
    pub key: Option<OrderingKey>,
    /// What kind of event it is.
    pub event_type: EventType,
    /// Who submitted it.
    pub token: TokenId,
    /// When it was accepted.
    pub accepted: Timestamp,
    /// The log position that accepted it.
    pub accepted_at: Position,
    /// The log position that made it deliverable: its place within its class. Zero while delayed.
    pub position: Position,
    /// Where it is in its life.
    pub state: EventState,
    /// The number of its latest delivery; 0 before the first. Never goes back.
    pub delivery: u32,
    /// Deliveries since it was accepted or replayed.
    pub deliveries: u32,
    /// Attempts spent since it was accepted or replayed.
    pub attempts: u32,
    /// Attempts allowed, where the event says so itself.
    pub attempts_max: Option<u32>,
    /// The lease, where the event says so itself.
    pub lease: Option<Millis>,
    /// Its TTL ends here.
    pub expires: Option<Timestamp>,
    /// Bytes of its body.
    pub body_bytes: u32,
    /// The event that this one repeats.
    pub replayed_from: Option<EventId>,
    /// The latest checkpoint note.
    pub note: Option<Note>,
    /// The ack that counted.
    pub ack: Option<Box<AckRecord>>,
    /// What happened to it.
    pub history: History,
}

/// What never changes of an event: written once, read for delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Media type of the body.
    pub content_type: Option<ContentType>,
    /// Verified facts, apart from the untrusted body; sorted by key, without repeats.
    pub meta: Vec<(MetaKey, MetaValue)>,
    /// The body, as it came.
    pub body: Bytes,
}

/// Where a dedup key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DedupKind {
    /// A client stated it: another body under it is a conflict.
    Client,
    /// A source extracted it: another body under it is the same event again.
    Source,
}

/// A dedup key: the first 128 bits of SHA-256 over namespace and key, within its team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupKey(pub u128);

/// The first 128 bits of SHA-256 over what was submitted under a dedup key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub u128);

/// What a dedup key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dedup {
    /// The first event under this key.
    pub event: EventId,
    /// What was submitted with it.
    pub content: ContentHash,
    /// From this instant of log time on, the row does not exist.
    pub expires: Timestamp,
}

/// An ordering key in use: who has it, and how many wait behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    /// The only event of the key that is ready, leased, parked or in backoff.
    pub holder: EventId,
    /// Events behind it.
    pub waiting: u64,
    /// No waiting row lies before this position.
    pub head: Position,
}

/// What wakes an event at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DueKind {
    /// Its delay or backoff ends.
    Wake,
    /// Its TTL ends.
    Expire,
}

/// How an event left the queue for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Acknowledged.
    Done,
    /// Cancelled.
    Cancelled,
    /// Purged from the dead letters.
    Purged,
}

/// One finished event in its team's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The event.
    pub event: EventId,
    /// Its queue.
    pub queue: QueueId,
    /// When it finished.
    pub at: Timestamp,
    /// How.
    pub outcome: Outcome,
}

/// One dead letter in its team's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event.
    pub event: EventId,
    /// Its queue.
    pub queue: QueueId,
    /// When it died.
    pub at: Timestamp,
    /// Why.
    pub cause: DeadCause,
}

/// Which dead letters or queued events a job takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only of this queue.
    pub queue: Option<QueueId>,
    /// Only dead for this cause.
    pub cause: Option<DeadCause>,
    /// Only of this event type.
    pub event_type: Option<EventType>,
}

/// What a job does to each event that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobKind {
    /// Replays dead letters.
    ReplayDead,
    /// Purges dead letters.
    PurgeDead,
    /// Cancels everything that is ready in a queue.
    CancelQueue,
}

/// Large work: advances a bounded step with each tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its team.
    pub team: TeamId,
    /// What it does.
    pub kind: JobKind,
    /// What it takes.
    pub filter: Filter,
    /// It takes nothing that came at or after this position: what it makes is not its own work.
    pub before: Position,
    /// Where it goes on.
    pub cursor: Position,
    /// Events taken so far.
    pub done: u64,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// A node as the log knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Drawn at each start of the process: streams of an earlier one are gone.
    pub incarnation: u64,
    /// The log position of that start.
    pub started: Position,
}
