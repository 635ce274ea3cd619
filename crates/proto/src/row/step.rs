//! One step of an event's history.

use ackord_core::history::{Step, StepKind};
use ackord_core::id::{ApprovalId, SessionId, TokenId};
use ackord_core::time::Timestamp;

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::{Coded, Stored, constant, required, text, text_or_none};
use crate::stored;
use crate::stored::step::Kind as Form;
use crate::text::{owned, owned_or_empty};

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
        StepKind::Held => Form::Held(stored::Unit {}),
        StepKind::Released => Form::Released(stored::Unit {}),
        StepKind::Rerouted => Form::Rerouted(stored::Unit {}),
        StepKind::HandedOff {
            delivery,
            to,
            position,
        } => Form::HandedOff(stored::HandedOffStep {
            delivery: *delivery,
            to: owned(to),
            position: Some(position.store()),
        }),
        StepKind::Forced {
            delivery,
            key,
            reason,
        } => Form::Forced(stored::ForcedStep {
            delivery: *delivery,
            key: owned(key),
            reason: owned_or_empty(reason.as_ref()),
        }),
        StepKind::Approval {
            approval,
            delivery,
            tool,
            verdict,
            by,
            reason,
        } => Form::Approval(stored::ApprovalStep {
            approval: approval.0,
            delivery: *delivery,
            tool: owned(tool),
            verdict: verdict.code(),
            by: by.map(|it| it.0),
            reason: owned_or_empty(reason.as_ref()),
        }),
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
        Form::Held(stored::Unit {}) => Ok(StepKind::Held),
        Form::Released(stored::Unit {}) => Ok(StepKind::Released),
        Form::Rerouted(stored::Unit {}) => Ok(StepKind::Rerouted),
        Form::HandedOff(it) => load_handed_off(it).within("handed_off"),
        Form::Forced(it) => load_forced(it).within("forced"),
        Form::Approval(it) => load_approval(it).within("approval"),
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

fn load_handed_off(form: stored::HandedOffStep) -> Result<StepKind, DecodeError> {
    Ok(StepKind::HandedOff {
        delivery: form.delivery,
        to: text(form.to, "to")?,
        position: required(form.position, "position")?,
    })
}

fn load_approval(form: stored::ApprovalStep) -> Result<StepKind, DecodeError> {
    Ok(StepKind::Approval {
        approval: ApprovalId(form.approval),
        delivery: form.delivery,
        tool: text(form.tool, "tool")?,
        verdict: constant(form.verdict, "verdict")?,
        by: form.by.map(TokenId),
        reason: text_or_none(form.reason, "reason")?,
    })
}

fn load_forced(form: stored::ForcedStep) -> Result<StepKind, DecodeError> {
    Ok(StepKind::Forced {
        delivery: form.delivery,
        key: text(form.key, "key")?,
        reason: text_or_none(form.reason, "reason")?,
    })
}
