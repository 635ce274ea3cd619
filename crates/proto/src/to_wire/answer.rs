//! Answers to acks, nacks and extensions.

use ackord_core::model::DeadCause;
use ackord_core::time::Timestamp;

use super::constant::dead_cause;
use crate::v1;
use crate::v1::nacked::Next;

/// The ack counts. `position` is the place of the one that counted first.
#[must_use]
pub const fn acked(at: Timestamp, position: v1::Position, again: bool) -> v1::Acked {
    v1::Acked {
        at_ms: at.0,
        position: Some(position),
        again,
    }
}

/// The nack counts, and the event waits for its next try.
#[must_use]
pub const fn retrying(until: Timestamp, position: v1::Position) -> v1::Nacked {
    v1::Nacked {
        next: Some(Next::RetryAtMs(until.0)),
        position: Some(position),
    }
}

/// The nack counts, and the event is a dead letter.
#[must_use]
pub fn dead(cause: DeadCause, position: v1::Position) -> v1::Nacked {
    v1::Nacked {
        next: Some(Next::Dead(dead_cause(cause).into())),
        position: Some(position),
    }
}

/// The lease goes on.
#[must_use]
pub const fn extended(until: Timestamp, position: v1::Position) -> v1::Extended {
    v1::Extended {
        until_ms: until.0,
        position: Some(position),
    }
}
