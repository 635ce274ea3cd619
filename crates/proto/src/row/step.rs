//! One step of an event's history.

use ackord_core::history::{Step, StepKind};
use ackord_core::id::SessionId;
use ackord_core::time::Timestamp;

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::{Coded, Stored, constant, text_or_none};
use crate::stored;
use crate::stored::step::Kind as Form;
use crate::text::owned_or_empty;

impl Stored for Step {
    type Form = stored::Step;

    fn store(&self) -> stored::Step {
        stored::Step {
            at_ms: self.at.0,
            kind: Some(store_kind(&self.kind)),
        }
    }

    fn load(form: stored::Step) -> Result<Self, DecodeError> {
        let kind = form
            .kind
            .ok_or_else(|| DecodeError::new("kind", Fault::Missing))?;
        Ok(Self {
            at: Timestamp(form.at_ms),
            kind: load_kind(kind)?,
        })
    }
}

fn store_kind(kind: &StepKind) -> Form {
    match kind {
        StepKind::Accepted => Form::Accepted(stored::Unit {}),
        StepKind::Due => Form::Due(stored::Unit {}),
        StepKind::Leased {
            session,
            delivery,
            cause,
        } => Form::Leased(stored::LeasedStep {
            session: session.0,
            delivery: *delivery,
            cause: cause.code(),
        }),
        StepKind::Returned {
            delivery,
            cause,
            reason,
        } => Form::Returned(stored::ReturnedStep {
            delivery: *delivery,
            cause: cause.code(),
            reason: owned_or_empty(reason.as_ref()),
        }),
        StepKind::Parked { delivery } => Form::Parked(*delivery),
        StepKind::Dead { cause, reason } => Form::Dead(stored::DeadStep {
            cause: cause.code(),
            reason: owned_or_empty(reason.as_ref()),
        }),
        StepKind::Acked { delivery } => Form::Acked(*delivery),
        StepKind::Cancelled { reason } => Form::Cancelled(stored::CancelledStep {
            reason: owned_or_empty(reason.as_ref()),
        }),
        StepKind::Replayed => Form::Replayed(stored::Unit {}),
        StepKind::Purged => Form::Purged(stored::Unit {}),
    }
}

fn load_kind(form: Form) -> Result<StepKind, DecodeError> {
    match form {
        Form::Accepted(stored::Unit {}) => Ok(StepKind::Accepted),
        Form::Due(stored::Unit {}) => Ok(StepKind::Due),
        Form::Leased(it) => load_leased(&it).within("leased"),
        Form::Returned(it) => load_returned(it).within("returned"),
        Form::Parked(delivery) => Ok(StepKind::Parked { delivery }),
        Form::Dead(it) => load_dead(it).within("dead"),
        Form::Acked(delivery) => Ok(StepKind::Acked { delivery }),
        Form::Cancelled(it) => {
            let reason = text_or_none(it.reason, "reason").within("cancelled")?;
            Ok(StepKind::Cancelled { reason })
        }
        Form::Replayed(stored::Unit {}) => Ok(StepKind::Replayed),
        Form::Purged(stored::Unit {}) => Ok(StepKind::Purged),
    }
}

fn load_leased(form: &stored::LeasedStep) -> Result<StepKind, DecodeError> {
    Ok(StepKind::Leased {
        session: SessionId(form.session),
        delivery: form.delivery,
        cause: constant(form.cause, "cause")?,
    })
}

fn load_returned(form: stored::ReturnedStep) -> Result<StepKind, DecodeError> {
    Ok(StepKind::Returned {
        delivery: form.delivery,
        cause: constant(form.cause, "cause")?,
        reason: text_or_none(form.reason, "reason")?,
    })
}

fn load_dead(form: stored::DeadStep) -> Result<StepKind, DecodeError> {
    Ok(StepKind::Dead {
        cause: constant(form.cause, "cause")?,
        reason: text_or_none(form.reason, "reason")?,
    })
}
