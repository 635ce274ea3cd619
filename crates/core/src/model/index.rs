//! Small rows that lead to events: dedup keys, lanes, what is due, what is finished or dead.

use super::event::{DeadCause, Outcome};
use crate::id::{EventId, QueueId};
use crate::time::{Position, Timestamp};

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
