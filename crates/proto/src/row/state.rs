//! Where an event is in its life.

use ackord_core::id::SessionId;
use ackord_core::model::EventState;
use ackord_core::time::Timestamp;

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::{Coded, Stored, constant, required};
use crate::stored;
use crate::stored::event::State as Form;

/// What is written.
pub(super) fn store_state(state: &EventState) -> Form {
    match state {
        EventState::Delayed { until } => Form::DelayedUntilMs(until.0),
        EventState::Held { until } => Form::Held(stored::HeldState {
            until_ms: until.map(|it| it.0),
        }),
        EventState::Ready => Form::Ready(stored::Unit {}),
        EventState::Waiting => Form::Waiting(stored::Unit {}),
        EventState::Leased { session } => Form::LeasedBy(session.0),
        EventState::Parked { session } => Form::ParkedOn(session.0),
        EventState::Backoff { until } => Form::BackoffUntilMs(until.0),
        EventState::Dead {
            cause,
            at,
            position,
        } => Form::Dead(stored::DeadState {
            cause: cause.code(),
            at_ms: at.0,
            position: Some(position.store()),
        }),
        EventState::Ended {
            outcome,
            at,
            position,
        } => Form::Ended(stored::EndedState {
            outcome: outcome.code(),
            at_ms: at.0,
            position: Some(position.store()),
        }),
    }
}

/// Reads what was written.
pub(super) fn load_state(form: Option<Form>) -> Result<EventState, DecodeError> {
    match form.ok_or_else(|| DecodeError::new("state", Fault::Missing))? {
        Form::DelayedUntilMs(until) => Ok(EventState::Delayed {
            until: Timestamp(until),
        }),
        Form::Ready(stored::Unit {}) => Ok(EventState::Ready),
        Form::Waiting(stored::Unit {}) => Ok(EventState::Waiting),
        Form::LeasedBy(session) => Ok(EventState::Leased {
            session: SessionId(session),
        }),
        Form::ParkedOn(session) => Ok(EventState::Parked {
            session: SessionId(session),
        }),
        Form::BackoffUntilMs(until) => Ok(EventState::Backoff {
            until: Timestamp(until),
        }),
        Form::Held(it) => Ok(EventState::Held {
            until: it.until_ms.map(Timestamp),
        }),
        Form::Dead(it) => load_dead(it).within("dead"),
        Form::Ended(it) => load_ended(it).within("ended"),
    }
}

fn load_dead(form: stored::DeadState) -> Result<EventState, DecodeError> {
    Ok(EventState::Dead {
        cause: constant(form.cause, "cause")?,
        at: Timestamp(form.at_ms),
        position: required(form.position, "position")?,
    })
}

fn load_ended(form: stored::EndedState) -> Result<EventState, DecodeError> {
    Ok(EventState::Ended {
        outcome: constant(form.outcome, "outcome")?,
        at: Timestamp(form.at_ms),
        position: required(form.position, "position")?,
    })
}
