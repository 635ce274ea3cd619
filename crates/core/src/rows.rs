//! Rows: what the machine writes and reads back. The only port of this crate.
//!
//! The order of [`Key`] is the order on disk, table by table: a scan walks both alike. Whoever
//! stores rows must keep it; the derive below is that order, so fields must not be moved.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::id::{
    ApprovalId, CronId, EventId, JobId, NodeId, QueueId, SessionId, SourceId, TeamId, TokenId,
};
use crate::model::{
    Approval, Class, Content, Cron, DeadLetter, Dedup, DedupKey, DueKind, Event, Finished, Holding,
    Instruction, Job, Lane, Ledger, Meta, Node, Queue, Session, Source, Team, Token, Watch,
    Watched,
};
use crate::text::OrderingKey;
use crate::time::{Position, Timestamp};

/// Names one row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The one [`Meta`]. Held in memory.
    Meta,
    /// A [`Node`]. Held in memory.
    Node(NodeId),
    /// A [`Team`]. Held in memory.
    Team(TeamId),
    /// A [`Token`]. Held in memory.
    Token(TokenId),
    /// A [`Queue`]. Held in memory.
    Queue(QueueId),
    /// A [`Session`]. Held in memory.
    Session(SessionId),
    /// A [`Job`]. Held in memory.
    Job(JobId),
    /// An [`Event`].
    Event(TeamId, EventId),
    /// An event's [`Content`].
    Content(TeamId, EventId),
    /// A [`Dedup`]; gone once log time reaches its expiry.
    Dedup(TeamId, DedupKey),
    /// A [`Lane`]: present while a holder exists.
    Lane(QueueId, OrderingKey),
    /// An event that waits in a lane, by place.
    LaneWaiting(QueueId, OrderingKey, Position),
    /// A ready event in the order in which it became deliverable.
    Fresh(QueueId, Class, Position),
    /// A ready event that came back to its place.
    Returned(QueueId, Class, Position),
    /// What wakes an event.
    Due(Timestamp, TeamId, EventId, DueKind),
    /// A [`DeadLetter`], oldest first.
    Dead(TeamId, Position),
    /// A [`Finished`] event, oldest first.
    Finished(TeamId, Position),
    /// A [`Source`]. Held in memory.
    Source(SourceId),
    /// A [`Holding`]. Held in memory.
    Holding(SourceId),
    /// An event that its source holds, by the position that accepted it.
    Held(SourceId, Position),
    /// An event's [`Ledger`]: present while it has effects.
    Ledger(TeamId, EventId),
    /// A [`Cron`]. Held in memory.
    Cron(TeamId, CronId),
    /// What an agent is told when a cron fires: an [`Instruction`].
    CronInstruction(TeamId, CronId),
    /// An [`Approval`]. Held in memory.
    Approval(TeamId, ApprovalId),
    /// A [`Watch`]. Held in memory.
    Watch(Watched),
}

/// One row. Each belongs under the key of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Under [`Key::Meta`].
    Meta(Meta),
    /// Under [`Key::Node`].
    Node(Node),
    /// Under [`Key::Team`].
    Team(Team),
    /// Under [`Key::Token`].
    Token(Token),
    /// Under [`Key::Queue`].
    Queue(Box<Queue>),
    /// Under [`Key::Session`].
    Session(Box<Session>),
    /// Under [`Key::Job`].
    Job(Job),
    /// Under [`Key::Event`].
    Event(Box<Event>),
    /// Under [`Key::Content`].
    Content(Content),
    /// Under [`Key::Dedup`].
    Dedup(Dedup),
    /// Under [`Key::Lane`].
    Lane(Lane),
    /// Under [`Key::LaneWaiting`], [`Key::Fresh`], [`Key::Returned`] and [`Key::Held`].
    EventRef(EventId),
    /// Under [`Key::Due`]: the key says it all.
    Due,
    /// Under [`Key::Dead`].
    DeadLetter(DeadLetter),
    /// Under [`Key::Finished`].
    Finished(Finished),
    /// Under [`Key::Source`].
    Source(Arc<Source>),
    /// Under [`Key::Holding`].
    Holding(Holding),
    /// Under [`Key::Cron`].
    Cron(Arc<Cron>),
    /// Under [`Key::CronInstruction`].
    Instruction(Instruction),
    /// Under [`Key::Ledger`].
    Ledger(Ledger),
    /// Under [`Key::Approval`].
    Approval(Arc<Approval>),
    /// Under [`Key::Watch`].
    Watch(Watch),
}

/// A row could not be read: broken bytes, a failing disk, a row of another kind under a key. The
/// process must end; nothing was changed that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError(pub String);

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for RowError {}

/// Where rows are read from: a disk, a snapshot of it, a map in a test.
pub trait Rows {
    /// The row under `key`. A dedup row past its expiry may be answered or not: whoever asks
    /// judges it.
    ///
    /// # Errors
    /// The row is there and cannot be read.
    fn get(&self, key: &Key) -> Result<Option<Row>, RowError>;

    /// At most `limit` rows of `from <= key < to` in the order of [`Key`]. Both keys are of one
    /// table.
    ///
    /// # Errors
    /// A row is there and cannot be read.
    fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError>;
}

/// One row written. A batch of them is committed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes the row, whether or not there was one.
    Put(Key, Row),
    /// Removes the row.
    Delete(Key),
}
