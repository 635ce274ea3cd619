//! Answers: what a command says back. A [`Reply`] and a [`Rejection`] are both committed facts.

use alloc::vec::Vec;
use core::fmt;

use crate::command::Fence;
use crate::id::{EventId, JobId, QueueId, SessionId, TeamId, TokenId};
use crate::model::DeadCause;
use crate::time::{Millis, Position, Timestamp};

/// What became of a command.
pub type Answer = Result<Reply, Rejection>;

/// How a submit was taken; all of them are "it is in".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Taken {
    /// A new event.
    Accepted,
    /// The same event is in already: the same key and content, or the same id.
    Duplicate,
    /// The client's key is in already with other content. Nothing was queued.
    Conflict,
}

/// A command was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing more to say.
    Ok,
    /// The team.
    Team(TeamId),
    /// The token.
    Token(TokenId),
    /// The queue and its new revision.
    Queue(QueueId, u64),
    /// The event that stands for the submit.
    Submitted(EventId, Taken),
    /// The session and the number of its stream.
    Attached(SessionId, u64),
    /// The ack counts, or did when it was given first.
    Acked {
        /// When it counted.
        at: Timestamp,
        /// The log position of the ack that counted.
        position: Position,
        /// It was given before.
        again: bool,
    },
    /// The event waits for its next try.
    Retrying {
        /// Earliest instant of the next try.
        until: Timestamp,
    },
    /// The event became a dead letter.
    Dead(DeadCause),
    /// Each item's answer, in order: the instant until which the lease holds.
    Extended(Vec<Result<Timestamp, Rejection>>),
    /// Where the event stands now.
    Replayed(Position),
    /// The job.
    Job(JobId),
    /// Sessions that are still to be detached: ask again until it is zero.
    Detaching(u64),
    /// What a tick did.
    Ticked {
        /// Things acted upon.
        done: u32,
    },
}

/// A command was refused, and nothing was changed. Closed: the wire has one code for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The token is unknown, revoked, expired, of another team, or lacks the role or the tag.
    NotAllowed,
    /// No such team, token, queue, session, job or event in the caller's team.
    NotFound,
    /// The name or token is in use.
    Exists,
    /// The cluster was born before.
    AlreadyBorn,
    /// A limit is reached; its name.
    Limit(&'static str),
    /// A field breaks a rule; which and why.
    Invalid(&'static str),
    /// The change was made from another revision, or incarnation, than the present one.
    Revision {
        /// The present one.
        present: u64,
    },
    /// The queue is draining and takes nothing.
    Draining,
    /// The delivery number never was.
    UnknownDelivery,
    /// A newer delivery of the event exists.
    Superseded(Fence),
    /// The event was cancelled, rejected or purged.
    Gone,
    /// The event's work is done: another delivery was acknowledged.
    AlreadyAcked,
    /// The delivery is not in a session's hands, so it cannot go on or be given back.
    NotLeased,
    /// The lease cannot be extended any further.
    LeaseCap,
    /// The event is in another state than this needs.
    WrongState,
    /// The session key is bound to another tag, and holds an event.
    KeyBusy,
    /// The cluster has too much to do; try again after this long.
    Overloaded(Millis),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed => f.write_str("the token does not allow this"),
            Self::NotFound => f.write_str("no such thing in this team"),
            Self::Exists => f.write_str("it exists already"),
            Self::AlreadyBorn => f.write_str("the cluster exists already"),
            Self::Limit(what) => write!(f, "the limit is reached: {what}"),
            Self::Invalid(what) => write!(f, "invalid: {what}"),
            Self::Revision { present } => {
                write!(f, "it was changed meanwhile: its revision is {present}")
            }
            Self::Draining => f.write_str("the queue is draining and takes no new events"),
            Self::UnknownDelivery => f.write_str("the event has no such delivery"),
            Self::Superseded(fence) => {
                write!(f, "a newer delivery exists: number {}", fence.delivery)
            }
            Self::Gone => f.write_str("the event was cancelled, rejected or purged"),
            Self::AlreadyAcked => f.write_str("another delivery of the event was acknowledged"),
            Self::NotLeased => f.write_str("the delivery is not held by a session any more"),
            Self::LeaseCap => f.write_str("the lease has reached its cap"),
            Self::WrongState => f.write_str("the event is in a state that does not allow this"),
            Self::KeyBusy => {
                f.write_str("the session key is bound to another tag and holds an event")
            }
            Self::Overloaded(after) => write!(f, "overloaded: try again in {after}"),
        }
    }
}

impl core::error::Error for Rejection {}
