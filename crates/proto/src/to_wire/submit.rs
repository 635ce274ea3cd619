//! Answers to submits.

use ackord_core::answer::Taken;
use ackord_core::id::EventId;

use super::constant::submit_outcome;
use crate::v1;
use crate::v1::submit_result::Result as Answer;

/// The event is in.
#[must_use]
pub fn submitted(event: EventId, taken: Taken, position: v1::Position) -> v1::SubmitResult {
    let submitted = v1::Submitted {
        event_id: event.to_string(),
        outcome: submit_outcome(taken).into(),
        position: Some(position),
    };
    v1::SubmitResult {
        result: Some(Answer::Submitted(submitted)),
    }
}

/// The event is not in, or nobody knows.
#[must_use]
pub fn refused(refusal: v1::Refusal) -> v1::SubmitResult {
    v1::SubmitResult {
        result: Some(Answer::Refusal(refusal)),
    }
}
