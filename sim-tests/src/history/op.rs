//! What can be asked of Ackord, and how that can end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ackord_core::answer::EffectOutcome;
use ackord_core::command::Fence;
use ackord_core::id::{EventId, SessionId};
use ackord_core::model::{Class, Mode};
use ackord_core::text::{OrderingKey, Tag};
use ackord_proto::v1::RefusalReason;

use super::{ApprovalAsk, Ask, CronAsk, Standing, Stray};

/// Something asked of Ackord.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Queues an event.
    Submit(Arc<Submission>),
    /// Tells everybody: an event for each tag that hears. The submission names none.
    Broadcast(Arc<Submission>),
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
    /// "This is how far I am."
    Checkpoint {
        /// The delivery.
        fence: Fence,
        /// No other one is like it.
        note: String,
    },
    /// "I am about to do this outside."
    Begin {
        /// The delivery.
        fence: Fence,
        /// What, within its event.
        key: String,
    },
    /// "It is done outside", apart or with an ack.
    Complete {
        /// The delivery.
        fence: Fence,
        /// What, within its event.
        key: String,
        /// What came of it. No other one is like it.
        result: String,
    },
    /// "It did not happen outside, and I do it now."
    Force {
        /// The delivery.
        fence: Fence,
        /// What, within its event.
        key: String,
    },
    /// "This is for somebody else."
    HandOff {
        /// The delivery.
        fence: Fence,
        /// The other queue.
        tag: Tag,
    },
    /// Takes an event out.
    Cancel(EventId),
    /// Sends an event round again.
    Replay(EventId),
    /// Removes a dead letter.
    Purge(EventId),
    /// Pauses a queue, has it drain, or resumes it.
    SetMode(Option<Tag>, Mode),
    /// Asks one server for an event.
    Read {
        /// The server.
        server: usize,
        /// The event.
        event: EventId,
        /// It must have applied this entry; none: it tells what it knows.
        at_least: Option<u64>,
    },
    /// Asks one server for an event, as of now.
    FreshRead {
        /// The server.
        server: usize,
        /// The event.
        event: EventId,
    },
    /// Attaches a process of a session.
    Attach {
        /// The queue that it takes from.
        tag: Option<Tag>,
        /// What tells this process from the one before; the same one: a reconnection.
        nonce: u64,
    },
    /// Ends a session.
    Bye,
    /// Makes a cron, or does something with one.
    Cron(CronAsk),
    /// Asks for an approval, answers one, or looks at one.
    Approval(ApprovalAsk),
    /// Changes the members of the cluster.
    Members(Ask),
    /// What somebody asks for who must not have it.
    Stray(Stray),
    /// A webhook, at the door of one server.
    Webhook {
        /// The server.
        server: usize,
        /// The webhook.
        hook: Arc<Webhook>,
    },
}

/// A webhook, as a sender sends it, once or again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// What it carries: an event of the source's queue.
    pub submission: Arc<Submission>,
    /// The sender's name of it.
    pub delivery: String,
    /// What its signature is.
    pub seal: Seal,
}

/// What the signature of a webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seal {
    /// That of whoever has the source's secret.
    Genuine,
    /// That of somebody with another secret.
    OtherSecret,
    /// Of another body.
    OtherBody,
    /// There is none.
    Missing,
}

impl Seal {
    /// Those of forgers.
    pub const FORGED: [Self; 3] = [Self::OtherSecret, Self::OtherBody, Self::Missing];
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
    /// How it comes in.
    pub via: Via,
}

/// How an event comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// By itself: a submit, or a webhook.
    Submit,
    /// As a message of a session.
    Message,
    /// With the ack of this delivery, as an event or as a message.
    Ack(Fence),
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// What was said to everybody is in.
    Broadcast {
        /// The events that stand for it.
        copies: Vec<Copied>,
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
    /// What a session is to know of an effect.
    Effect {
        /// Where that was decided.
        index: u64,
        /// What.
        outcome: EffectOutcome,
    },
    /// The event stands in the other queue.
    HandedOff {
        /// Where that was decided.
        index: u64,
        /// It was handed off before.
        again: bool,
    },
    /// Anything else that is written.
    Done {
        /// Where.
        index: u64,
    },
    /// Anything else that is written, where the client does not tell where.
    Somewhere,
    /// What a server knows of an event.
    Read {
        /// There is such an event.
        is_there: bool,
        /// An ack of it has counted.
        is_acked: bool,
    },
    /// A webhook is in: its sender was told 2xx.
    Received {
        /// The event that stands for it.
        event: EventId,
        /// It was in before.
        again: bool,
    },
    /// An approval, as it is now.
    Approval {
        /// How it stands.
        standing: Standing,
        /// Where that was decided, if something was written.
        index: Option<u64>,
    },
    /// A session is attached; where is not told.
    Attached {
        /// Its record.
        session: SessionId,
    },
}

/// One event of what was said to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Where it is: where it went, unless it was in before.
    pub tag: Option<Tag>,
    /// The event.
    pub event: EventId,
    /// How it was taken.
    pub taken: Taken,
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
    /// The delivery that it answers, or speaks of.
    #[must_use]
    pub fn fence(&self) -> Option<Fence> {
        match self {
            Self::Ack(fence)
            | Self::Nack { fence, .. }
            | Self::Claim(fence)
            | Self::Extend(fence)
            | Self::Checkpoint { fence, .. }
            | Self::Begin { fence, .. }
            | Self::Complete { fence, .. }
            | Self::Force { fence, .. }
            | Self::HandOff { fence, .. } => Some(*fence),
            Self::Submit(_)
            | Self::Broadcast(_)
            | Self::Cancel(_)
            | Self::Replay(_)
            | Self::Purge(_)
            | Self::SetMode(..)
            | Self::Read { .. }
            | Self::FreshRead { .. }
            | Self::Attach { .. }
            | Self::Members(_)
            | Self::Stray(_)
            | Self::Webhook { .. }
            | Self::Cron(_)
            | Self::Approval(_)
            | Self::Bye => None,
        }
    }
}

impl Op {
    /// The delivery whose claim it stands for: whoever says so has seen the event.
    #[must_use]
    pub fn claims(&self) -> Option<Fence> {
        match self {
            Self::Claim(fence)
            | Self::Extend(fence)
            | Self::Checkpoint { fence, .. }
            | Self::Begin { fence, .. }
            | Self::Complete { fence, .. }
            | Self::Force { fence, .. } => Some(*fence),
            Self::Approval(ApprovalAsk::Request(it)) => it.fence,
            _ => None,
        }
    }
}

impl Outcome {
    /// The answer, if it was carried out.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        match self {
            Self::Ok(answer) => Some(answer.clone()),
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
            Self::Submitted { index, .. }
            | Self::Broadcast { index, .. }
            | Self::Acked { index, .. }
            | Self::Effect { index, .. }
            | Self::HandedOff { index, .. }
            | Self::Done { index } => Some(*index),
            Self::Approval { index, .. } => *index,
            Self::Attached { .. } | Self::Received { .. } | Self::Read { .. } | Self::Somewhere => {
                None
            }
        }
    }

    /// The events that stand for what was submitted or said. Not those of webhooks, which have names of
    /// their own.
    #[must_use]
    pub fn events(&self) -> Vec<EventId> {
        match self {
            Self::Submitted { event, .. } => vec![*event],
            Self::Broadcast { copies, .. } => copies.iter().map(|it| it.event).collect(),
            _ => Vec::new(),
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
            Self::Broadcast(it) => write!(f, "tell everybody c{} {:?}", it.content, it.class),
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
            Self::Checkpoint { fence, note } => write!(f, "checkpoint {} {note}", show(*fence)),
            Self::Begin { fence, key } => write!(f, "begin {key} of {}", show(*fence)),
            Self::Complete { fence, key, result } => {
                write!(f, "complete {key} of {} with {result}", show(*fence))
            }
            Self::Force { fence, key } => write!(f, "force {key} of {}", show(*fence)),
            Self::HandOff { fence, tag } => write!(f, "hand {} to {tag}", show(*fence)),
            Self::Cancel(event) => write!(f, "cancel {event}"),
            Self::Replay(event) => write!(f, "replay {event}"),
            Self::Purge(event) => write!(f, "purge {event}"),
            Self::SetMode(tag, mode) => write!(f, "set {} {mode:?}", show_tag(tag.as_ref())),
            Self::Read {
                server,
                event,
                at_least,
            } => {
                write!(f, "ask server {server} for {event}")?;
                match at_least {
                    Some(index) => write!(f, " as of entry {index}"),
                    None => Ok(()),
                }
            }
            Self::FreshRead { server, event } => {
                write!(f, "ask server {server} for {event} as of now")
            }
            Self::Attach { tag, nonce } => {
                write!(
                    f,
                    "attach to {} with nonce {nonce:04x}",
                    show_tag(tag.as_ref())
                )
            }
            Self::Members(ask) => ask.fmt(f),
            Self::Stray(stray) => stray.fmt(f),
            Self::Webhook { server, hook } => {
                let Webhook {
                    submission,
                    delivery,
                    seal,
                } = &**hook;
                write!(
                    f,
                    "webhook {delivery} to server {server}, {seal:?}: {submission}"
                )
            }
            Self::Cron(ask) => ask.fmt(f),
            Self::Approval(ask) => ask.fmt(f),
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
        match self.via {
            Via::Submit => {}
            Via::Message => f.write_str(" as a message")?,
            Via::Ack(fence) => write!(f, " with the ack of {}", show(fence))?,
        }
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

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag, event, taken } = self;
        write!(f, "{event} at {} {taken:?}", show_tag(tag.as_ref()))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(Answer::Broadcast { copies, index }) => {
                let copies: Vec<String> = copies.iter().map(ToString::to_string).collect();
                write!(f, "ok in entry {index}: {}", copies.join(", "))
            }
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
