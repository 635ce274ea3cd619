//! Answers to acks, nacks and extensions.

use ackord_core::model::{DeadCause, Emitted};
use ackord_core::time::Timestamp;

use super::constant::dead_cause;
use crate::v1;
use crate::v1::nacked::Next;

/// The ack counts. `position` is the place of the one that counted first, and `parts` what went out
/// with that one.
#[must_use]
pub fn acked(at: Timestamp, position: v1::Position, again: bool, parts: &[Emitted]) -> v1::Acked {
    v1::Acked {
        at_ms: at.0,
        position: Some(position),
        again,
        emitted: emitted(parts),
    }
}

/// What went out with an ack.
pub(super) fn emitted(parts: &[Emitted]) -> Vec<v1::Emitted> {
    let part = |it: &Emitted| v1::Emitted {
        event_ids: it.events.iter().map(ToString::to_string).collect(),
        cron_id: it.cron.map(|it| it.to_string()).unwrap_or_default(),
    };
    parts.iter().map(part).collect()
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
