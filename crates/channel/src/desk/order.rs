//! What the desk is told, what it orders, and what it answers.

use std::time::Duration;

use ackord_client::Loss;
use ackord_client::v1::{Class, Fence};

#[cfg(doc)]
use super::Desk;

/// A delivery, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Names it.
    pub fence: Fence,
    /// Its precedence.
    pub class: Class,
    /// It was claimed before a reconnection.
    pub claimed: bool,
    /// How long a lease is; each extension adds as much.
    pub lease: Duration,
}

/// A call of `event_next` that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// The event itself.
    Whole,
    /// A word that it waits: the event itself was announced before.
    Again,
    /// A word that it is not answered yet, and how many wait behind it, if that is known.
    Reminder(Option<u64>),
    /// Work on it must stop.
    Gone(Loss),
    /// Nobody looked at it in time, and nothing comes until the model calls something.
    Missed,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Write a notification, and say when it is written ([`Desk::pushed`]).
    Push(Fence, Push),
    /// Tell the cluster that the model has seen it.
    Claim(Fence),
    /// Let its lease go on, or say that it can go no further ([`Desk::at_cap`]).
    Extend(Fence),
    /// Find out how many events wait, and say so ([`Desk::counted`]).
    Count(Fence),
    /// Claim this event and answer a waiting call with it, and say whether anybody took it ([`Desk::heard`],
    /// [`Desk::unheard`]).
    Hand(Ticket, Fence),
    /// Answer a waiting call with nothing.
    Nothing(Ticket),
    /// Attach again: the cluster gives nothing to a session that let an event lie.
    Revive,
}

/// What became of an event that this session had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The delivery.
    pub fence: Fence,
    /// What became of it.
    pub loss: Loss,
}

/// What an answer says, told apart from what others say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said(pub u64);

/// Why a call that names no event means none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoneMeant {
    /// The session holds nothing; what it held last, if anything.
    Nothing(Option<Lost>),
    /// What the model worked on is gone, and it may not know yet.
    Changed {
        /// What it worked on.
        lost: Lost,
        /// What is on the desk instead.
        now: Option<Fence>,
    },
    /// The same was said before, of another event, and the model has not shown since that it means the next one.
    Repeated {
        /// What was answered so.
        answered: Fence,
        /// What is on the desk by now.
        now: Option<Fence>,
    },
    /// It has just come, and the host was not told of it yet.
    Unseen(Fence),
}
