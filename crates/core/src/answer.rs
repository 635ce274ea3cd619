//! Answers: what a command says back. A [`Reply`] and a [`Rejection`] are both committed facts.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::command::Fence;
use crate::id::{CronId, EventId, JobId, NodeId, QueueId, SessionId, SourceId, TeamId, TokenId};
use crate::limits::TAGS_PER_BROADCAST;
use crate::model::{Approval, DeadCause, Effect, Emitted, Fate};
use crate::text::Tag;
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

/// What became of a request to a source; all of them are "we have it".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Receipt {
    /// It became these events.
    Accepted(Vec<EventId>),
    /// It became these events, which the source holds.
    Held(Vec<EventId>),
    /// It is in already, and this event stands for it; the first one, if there are several.
    Duplicate(EventId),
    /// No route matched it: this dead letter was made of it.
    Unmatched(EventId),
    /// A route dropped it, or none matched and the source drops such.
    Dropped,
}

/// How a call that concerns an effect was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectOutcome {
    /// Nobody has begun it before: it is to be done now.
    New,
    /// It is done, and was before this call.
    Done,
    /// It was begun before, and nobody has said what came of it.
    Unfinished,
    /// It was unfinished, and is to be done once more.
    Forced,
    /// It is done, as this call says.
    Completed,
}

/// A part of a command that has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// An effect that an ack completes.
    Effect,
    /// Something that goes out with an ack.
    Emit,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Effect => "effects",
            Self::Emit => "emits",
        })
    }
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
    /// The node.
    Node(NodeId),
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
        /// What went out with it, part by part.
        emitted: Vec<Emitted>,
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
    /// The event stands in the other queue.
    HandedOff {
        /// There.
        position: Position,
        /// It was handed off before.
        again: bool,
    },
    /// The events that stand for the message, one for each tag.
    Sent(Vec<(EventId, Taken)>),
    /// The events that stand for the message to everybody: one for each tag, in the order of tags, and
    /// the tag whose queue it is in now; none: that is not known any more.
    Broadcast(Vec<(Option<Tag>, EventId, Taken)>),
    /// The effect as it is on record now.
    Effect(EffectOutcome, Box<Effect>),
    /// The job.
    Job(JobId),
    /// Sessions that are still to be detached: ask again until it is zero.
    Detaching(u64),
    /// What a tick did.
    Ticked {
        /// Things acted upon.
        done: u32,
    },
    /// The source and its revision.
    Source(SourceId, u64),
    /// Until when the source answers handshakes.
    Paired(Option<Timestamp>),
    /// What became of the request.
    Received(Receipt),
    /// The cron and its revision.
    Cron(CronId, u64),
    /// What was decided of a tick.
    Decided(Fate),
    /// The approval as it is now.
    Approval(Arc<Approval>),
}

/// A command was refused, and nothing was changed. Closed: the wire has one code for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The token is unknown, revoked, expired, of another team, or lacks the role or the tag.
    NotAllowed,
    /// No such team, token, queue, session, source, job or event in the caller's team.
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
    /// The event was cancelled, rejected, handed off or purged.
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
    /// Another process has taken the session over from the one that would attach.
    TakenOver,
    /// The node was removed from the cluster, and its number with it.
    NodeRemoved,
    /// The node's number belongs to another disk.
    OtherDisk,
    /// The source is disabled.
    Disabled,
    /// The tick is not the one to decide: it was decided, is not due, or the cron was changed.
    OtherTick,
    /// A session of the tag has opted out of messages.
    OptedOut,
    /// A message to everybody, and nobody is there to hear it.
    Nobody,
    /// A message to everybody, and more are there than one message goes to.
    Crowd,
    /// The event has no such effect: nobody has begun it.
    NotBegun,
    /// Who asked for an approval does not answer it.
    Asker,
    /// What is to be published has the dedup key of this event, and other content.
    Conflict(EventId),
    /// One part of the command, and with it the whole.
    Part {
        /// What kind of part.
        part: Part,
        /// Which of them, from zero.
        index: usize,
        /// Why.
        why: Box<Rejection>,
    },
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
            Self::Gone => f.write_str("the event was cancelled, rejected, handed off or purged"),
            Self::AlreadyAcked => f.write_str("another delivery of the event was acknowledged"),
            Self::NotLeased => f.write_str("the delivery is not held by a session any more"),
            Self::LeaseCap => f.write_str("the lease has reached its cap"),
            Self::WrongState => f.write_str("the event is in a state that does not allow this"),
            Self::KeyBusy => {
                f.write_str("the session key is bound to another tag and holds an event")
            }
            Self::TakenOver => f.write_str("another process has taken the session over"),
            Self::NodeRemoved => f.write_str("the node was removed from the cluster"),
            Self::OtherDisk => f.write_str("the node's number belongs to another disk"),
            Self::Disabled => f.write_str("the source is disabled"),
            Self::OtherTick => f.write_str("the tick is not the one that is to be decided"),
            Self::OptedOut => f.write_str("a session of the tag has opted out of messages"),
            Self::Nobody => {
                f.write_str("no other session with a tag that takes messages is attached")
            }
            Self::Crowd => write!(
                f,
                "sessions of more than {TAGS_PER_BROADCAST} tags are attached: too many for one message"
            ),
            Self::NotBegun => f.write_str("the event has no such effect: nobody has begun it"),
            Self::Asker => f.write_str("who asked does not answer: it takes another token"),
            Self::Conflict(event) => {
                write!(
                    f,
                    "the dedup key is that of {event}, which has other content"
                )
            }
            Self::Part { part, index, why } => write!(f, "{part}[{index}]: {why}"),
            Self::Overloaded(after) => write!(f, "overloaded: try again in {after}"),
        }
    }
}

impl core::error::Error for Rejection {}
