//! Events: what changes during a life, and what never does.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use super::queue::Class;
use crate::history::History;
use crate::id::{CronId, EventId, QueueId, SessionId, SourceId, TeamId, TokenId};
use crate::limits::ACKS_KEPT;
use crate::text::{
    ContentType, EventType, MetaKey, MetaValue, Note, OrderingKey, Prompt, SessionKey, Skill,
    Summary, Tag,
};
use crate::time::{Millis, Position, Timestamp};

/// A session that sent a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The token that it used.
    pub token: TokenId,
    /// Its key.
    pub key: SessionKey,
    /// The queue that it took from, by its tag.
    pub tag: Option<Tag>,
}

/// Who brought an event. Set by the cluster, from what it has verified itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The holder of a token submitted it.
    Token(TokenId),
    /// It came to a source.
    Source(SourceId),
    /// A cron fired.
    Cron(CronId),
    /// A session sent it.
    Session(Box<Sender>),
}

impl Origin {
    /// The session that sent it, if one did.
    #[must_use]
    pub fn sender(&self) -> Option<&Sender> {
        match self {
            Self::Session(sender) => Some(sender),
            Self::Token(_) | Self::Source(_) | Self::Cron(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) => id.fmt(f),
            Self::Source(id) => id.fmt(f),
            Self::Cron(id) => id.fmt(f),
            Self::Session(sender) => sender.token.fmt(f),
        }
    }
}

/// What an agent is told to do with an event. Never from whoever sent the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// Runs a skill.
    Skill(Skill),
    /// Does what this says.
    Prompt(Prompt),
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
    /// No route of its source matched it. It was in no queue yet; to be routed again, or purged.
    Unmatched,
}

/// Where an event is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventState {
    /// Waits for its `not_before`; has no place yet.
    Delayed {
        /// Then it becomes deliverable.
        until: Timestamp,
    },
    /// Its source holds it; has no place yet.
    Held {
        /// Not deliverable before, even once it is released.
        until: Option<Timestamp>,
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
    /// What was published with it, part by part.
    pub emitted: Vec<Emitted>,
}

/// What was published as one part of an ack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Emitted {
    /// The events that stand for it.
    pub events: Vec<EventId>,
    /// The cron that it made, changed, fired or removed.
    pub cron: Option<CronId>,
}

impl From<Vec<EventId>> for Emitted {
    fn from(events: Vec<EventId>) -> Self {
        Self { events, cron: None }
    }
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
    /// Who brought it.
    pub origin: Origin,
    /// When it was accepted.
    pub accepted: Timestamp,
    /// The log position that accepted it.
    pub accepted_at: Position,
    /// The log position that made it deliverable: its place within its class. Zero while delayed or
    /// held.
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
    /// Entries of its ledger; none: it has no row for one.
    pub effects: u32,
    /// The last delivery that handed it to another queue: an ack of that one does not count. Zero:
    /// none did.
    pub handed_off: u32,
    /// The queue that it was handed off from last: whoever may answer for that one may still answer
    /// for its deliveries up to then.
    pub handed_off_from: Option<QueueId>,
    /// The ack that counted; of several, with a replay between each two, the latest.
    pub ack: Option<Box<AckRecord>>,
    /// Those before it, oldest first: with it at most
    /// [`ACKS_KEPT`](crate::limits::ACKS_KEPT).
    pub earlier_acks: Vec<AckRecord>,
    /// What happened to it.
    pub history: History,
}

impl Event {
    /// The ack of this delivery, if it counted and is not forgotten.
    #[must_use]
    pub fn ack_of(&self, delivery: u32) -> Option<&AckRecord> {
        let mut acks = self.ack.as_deref().into_iter().chain(&self.earlier_acks);
        acks.find(|it| it.delivery == delivery)
    }

    /// Records the ack that counts, beside those of the rounds before.
    pub(crate) fn record_ack(&mut self, ack: AckRecord) {
        let before = self.ack.replace(Box::new(ack));
        self.earlier_acks.extend(before.map(|it| *it));
        if self.earlier_acks.len() >= ACKS_KEPT {
            self.earlier_acks.remove(0);
        }
    }
}

/// What never changes of an event: written once, read for delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Media type of the body.
    pub content_type: Option<ContentType>,
    /// Verified facts, apart from the untrusted body; sorted by key, without repeats.
    pub meta: Vec<(MetaKey, MetaValue)>,
    /// What its route tells an agent to do.
    pub instruction: Option<Instruction>,
    /// Bytes of the body to show to an agent, where its route says so.
    pub shown_bytes: Option<u32>,
    /// The body, as it came.
    pub body: Bytes,
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
