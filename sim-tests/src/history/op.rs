//! What can be asked of Ackord, and how that can end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ackord_core::command::Fence;
use ackord_core::id::{EventId, SessionId};
use ackord_core::model::{Class, Mode};
use ackord_core::text::{OrderingKey, Tag};
use ackord_proto::v1::RefusalReason;

/// Something asked of Ackord.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Queues an event.
    Submit(Arc<Submission>),
    /// "The work is done."
    Ack(Fence),
    /// "The work is not done."
    Nack {
        /// The delivery.
        fence: Fence,
        /// Nobody should try again.
        reject: bool,
    },
    /// "The model has seen it."
    Claim(Fence),
    /// "The work goes on."
    Extend(Fence),
    /// Takes an event out.
    Cancel(EventId),
    /// Sends an event round again.
    Replay(EventId),
    /// Removes a dead letter.
    Purge(EventId),
    /// Pauses or resumes a queue.
    SetMode(Option<Tag>, Mode),
    /// Attaches a process of a session.
    Attach {
        /// The queue that it takes from.
        tag: Option<Tag>,
        /// What tells this process from the one before; the same one: a reconnection.
        nonce: u64,
    },
    /// Ends a session.
    Bye,
}

/// An event to be queued. Two of the same content are equal in everything, and their bodies name
/// the content, so that whoever is given a body knows what was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its content's number.
    pub content: u64,
    /// Its queue.
    pub tag: Option<Tag>,
    /// Its class.
    pub class: Class,
    /// Its ordering key.
    pub ordering_key: Option<OrderingKey>,
    /// The key that its submitter states.
    pub dedup_key: Option<String>,
    /// Not before so long after it is taken.
    pub delay: Option<Duration>,
    /// Dead if nobody has it so long after it is taken.
    pub ttl: Option<Duration>,
    /// Attempts, where it says so itself.
    pub attempts: Option<u32>,
    /// Bytes of its body, beyond what names the content.
    pub padding: usize,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was carried out.
    Ok(Answer),
    /// It was not, and will not be.
    Fail {
        /// Why it was refused, if it was.
        reason: Option<RefusalReason>,
        /// In words.
        text: String,
    },
    /// Nobody knows.
    Info(String),
}

/// What an operation that was carried out answers. Most name the index of its entry in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The event is in.
    Submitted {
        /// The event that stands for it.
        event: EventId,
        /// How it was taken.
        taken: Taken,
        /// Where.
        index: u64,
    },
    /// The ack counts.
    Acked {
        /// Where it counted.
        index: u64,
        /// It was given before.
        again: bool,
    },
    /// Anything else that is written.
    Done {
        /// Where.
        index: u64,
    },
    /// Anything else that is written, where the client does not tell where.
    Somewhere,
    /// A session is attached; where is not told.
    Attached {
        /// Its record.
        session: SessionId,
    },
}

/// How a submit was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A new event.
    Accepted,
    /// The same content was in under its key.
    Duplicate,
    /// Other content was in under its key.
    Conflict,
}

impl Op {
    /// The delivery that it answers.
    #[must_use]
    pub fn fence(&self) -> Option<Fence> {
        match self {
            Self::Ack(fence)
            | Self::Nack { fence, .. }
            | Self::Claim(fence)
            | Self::Extend(fence) => Some(*fence),
            Self::Submit(_)
            | Self::Cancel(_)
            | Self::Replay(_)
            | Self::Purge(_)
            | Self::SetMode(..)
            | Self::Attach { .. }
            | Self::Bye => None,
        }
    }
}

impl Outcome {
    /// The answer, if it was carried out.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        match self {
            Self::Ok(answer) => Some(*answer),
            Self::Fail { .. } | Self::Info(_) => None,
        }
    }

    /// Whether it may have been carried out.
    #[must_use]
    pub fn may_count(&self) -> bool {
        match self {
            Self::Ok(_) | Self::Info(_) => true,
            Self::Fail { .. } => false,
        }
    }
}

impl Answer {
    /// The entry of the log that decided, where that is told.
    #[must_use]
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::Submitted { index, .. } | Self::Acked { index, .. } | Self::Done { index } => {
                Some(*index)
            }
            Self::Attached { .. } | Self::Somewhere => None,
        }
    }
}

/// A fence as people read it.
pub(crate) fn show(fence: Fence) -> String {
    format!("{}/{}", fence.event, fence.delivery)
}

/// A queue as people read it.
pub(crate) fn show_tag(tag: Option<&Tag>) -> &str {
    tag.map_or("(untagged)", Tag::as_str)
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit(it) => write!(f, "submit {it}"),
            Self::Ack(fence) => write!(f, "ack {}", show(*fence)),
            Self::Nack {
                fence,
                reject: false,
            } => write!(f, "nack {}", show(*fence)),
            Self::Nack {
                fence,
                reject: true,
            } => write!(f, "reject {}", show(*fence)),
            Self::Claim(fence) => write!(f, "claim {}", show(*fence)),
            Self::Extend(fence) => write!(f, "extend {}", show(*fence)),
            Self::Cancel(event) => write!(f, "cancel {event}"),
            Self::Replay(event) => write!(f, "replay {event}"),
            Self::Purge(event) => write!(f, "purge {event}"),
            Self::SetMode(tag, mode) => write!(f, "set {} {mode:?}", show_tag(tag.as_ref())),
            Self::Attach { tag, nonce } => {
                write!(
                    f,
                    "attach to {} with nonce {nonce:04x}",
                    show_tag(tag.as_ref())
                )
            }
            Self::Bye => f.write_str("bye"),
        }
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            content,
            tag,
            class,
            ..
        } = self;
        write!(f, "c{content} to {} {class:?}", show_tag(tag.as_ref()))?;
        if let Some(key) = &self.ordering_key {
            write!(f, " ordered {key}")?;
        }
        if let Some(key) = &self.dedup_key {
            write!(f, " key {key}")?;
        }
        if let Some(delay) = self.delay {
            write!(f, " delay {delay:?}")?;
        }
        if let Some(ttl) = self.ttl {
            write!(f, " ttl {ttl:?}")?;
        }
        if let Some(attempts) = self.attempts {
            write!(f, " attempts {attempts}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(answer) => write!(f, "ok {answer:?}"),
            Self::Fail {
                reason: Some(reason),
                ..
            } => write!(f, "no {}", reason.as_str_name()),
            Self::Fail { reason: None, text } => write!(f, "failed {text}"),
            Self::Info(why) => write!(f, "unknown: {why}"),
        }
    }
}
