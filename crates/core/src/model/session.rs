//! Sessions, and what they hold.

use alloc::vec::Vec;

use super::queue::Class;
use crate::id::{EventId, NodeId, QueueId, SessionId, TeamId, TokenId};
use crate::text::SessionKey;
use crate::time::{Millis, Position, Timestamp};

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
    /// When that was.
    pub since: Timestamp,
    /// How long it is after a claim or an extension.
    pub length: Millis,
    /// How far it has come.
    pub phase: Phase,
    /// When this phase ends, unless something happens.
    pub until: Timestamp,
    /// It must be claimed by then, however often the session comes back before.
    pub claim_by: Timestamp,
    /// When the last extension ends: counts from the claim, and from the assignment until then.
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
    /// The nonces of the processes before this one, the latest ones, oldest first. Whoever was taken over does
    /// not come back.
    pub former: Vec<u64>,
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
    /// Messages may be sent to its tag, as far as it is concerned.
    pub accepts_messages: bool,
}
