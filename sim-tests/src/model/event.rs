//! An event, and which answers to its deliveries count.

use ackord_core::answer::{Rejection, Reply};
use ackord_core::command::Fence;
use ackord_core::id::{EventId, SessionId};
use ackord_core::model::{Class, DeadCause, Effect, EventState, Outcome};
use ackord_core::text::{OrderingKey, Tag};
use ackord_core::time::{Millis, Position, Timestamp};

use super::QueueName;

/// Where an event is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Delayed(Timestamp),
    /// By a source; nobody has any here.
    Held,
    Ready,
    Waiting,
    Leased(SessionId),
    Parked(SessionId),
    Backoff(Timestamp),
    Dead(DeadCause),
    Ended(Outcome),
}

impl From<EventState> for State {
    fn from(state: EventState) -> Self {
        match state {
            EventState::Delayed { until } => Self::Delayed(until),
            EventState::Held { .. } => Self::Held,
            EventState::Ready => Self::Ready,
            EventState::Waiting => Self::Waiting,
            EventState::Leased { session } => Self::Leased(session),
            EventState::Parked { session } => Self::Parked(session),
            EventState::Backoff { until } => Self::Backoff(until),
            EventState::Dead { cause, .. } => Self::Dead(cause),
            EventState::Ended { outcome, .. } => Self::Ended(outcome),
        }
    }
}

/// An event.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) id: EventId,
    pub(super) queue: QueueName,
    pub(super) class: Class,
    pub(super) key: Option<OrderingKey>,
    pub(super) state: State,
    /// Taken from the log.
    pub(super) place: Position,
    pub(super) delivery: u32,
    /// Since it was accepted or replayed.
    pub(super) deliveries: u32,
    pub(super) attempts: u32,
    pub(super) attempts_max: Option<u32>,
    pub(super) lease: Option<Millis>,
    pub(super) expires: Option<Timestamp>,
    /// The acks that counted, and their answers: the latest ones.
    pub(super) acked: Vec<(u32, Reply)>,
    /// What was done outside.
    pub(super) ledger: Vec<Effect>,
    /// Each delivery that handed it to another queue, and which.
    pub(super) handoffs: Vec<(u32, Tag)>,
    /// Who was given it last.
    pub(super) given_to: Option<SessionId>,
    /// Where the session hears that wrote it.
    pub(super) from: Option<Tag>,
    /// The delivery that came back last, if by a nack.
    pub(super) nacked: Option<u32>,
    /// Somebody took it out and sent it round again, and nobody was given it since.
    pub(super) was_gone: bool,
}

impl Event {
    /// A new one, as it is unless somebody says otherwise.
    pub(super) fn new(id: EventId, queue: QueueName) -> Self {
        Self {
            id,
            queue,
            class: Class::Normal,
            key: None,
            state: State::Ready,
            place: Position::default(),
            delivery: 0,
            deliveries: 0,
            attempts: 0,
            attempts_max: None,
            lease: None,
            expires: None,
            acked: Vec::new(),
            ledger: Vec::new(),
            handoffs: Vec::new(),
            given_to: None,
            from: None,
            nacked: None,
            was_gone: false,
        }
    }

    /// The session that holds it.
    pub(super) fn holder(&self) -> Option<SessionId> {
        match self.state {
            State::Leased(session) | State::Parked(session) => Some(session),
            _ => None,
        }
    }

    /// Somebody took it out.
    pub(super) fn is_gone(&self) -> bool {
        matches!(
            self.state,
            State::Ended(Outcome::Cancelled | Outcome::Purged) | State::Dead(DeadCause::Rejected)
        )
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Dead(_) | State::Ended(_))
    }

    /// Others of its ordering key wait for it, or it for them.
    pub(super) fn is_in_line(&self) -> bool {
        !self.is_over() && !matches!(self.state, State::Delayed(_) | State::Held)
    }

    /// Whether an answer to this delivery counts.
    pub(super) fn counts(&self, fence: Fence) -> Result<(), Rejection> {
        let Fence { event, delivery } = fence;
        if !(1..=self.delivery).contains(&delivery) {
            return Err(Rejection::UnknownDelivery);
        }
        if self.is_gone() {
            return Err(Rejection::Gone);
        }
        if delivery != self.delivery {
            let delivery = self.delivery;
            return Err(Rejection::Superseded(Fence { event, delivery }));
        }
        if self.state == State::Ended(Outcome::Done) {
            return Err(Rejection::AlreadyAcked);
        }
        let handed = self.handoffs.last().map(|it| it.0);
        if self.was_gone || handed == Some(delivery) {
            return Err(Rejection::Gone);
        }
        Ok(())
    }
}
