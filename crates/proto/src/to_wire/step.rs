//! One step of an event's history.

use ackord_core::history::{Step, StepKind};

use super::approval::approval_state;
use super::constant::{dead_cause, delivery_cause, return_cause};
use crate::text::{owned, owned_or_empty};
use crate::v1;

/// One step.
pub(super) fn step(step: &Step) -> v1::Step {
    let bare = |kind: v1::StepKind| v1::Step {
        at_ms: step.at.0,
        kind: kind.into(),
        ..v1::Step::default()
    };
    match &step.kind {
        StepKind::Accepted => bare(v1::StepKind::Accepted),
        StepKind::Due => bare(v1::StepKind::Due),
        StepKind::Leased {
            session,
            delivery,
            cause,
        } => v1::Step {
            session_id: session.to_string(),
            delivery: *delivery,
            delivery_cause: delivery_cause(*cause).into(),
            ..bare(v1::StepKind::Leased)
        },
        StepKind::Returned {
            delivery,
            cause,
            reason,
        } => v1::Step {
            delivery: *delivery,
            return_cause: return_cause(*cause).into(),
            reason: owned_or_empty(reason.as_ref()),
            ..bare(v1::StepKind::Returned)
        },
        StepKind::Parked { delivery } => v1::Step {
            delivery: *delivery,
            ..bare(v1::StepKind::Parked)
        },
        StepKind::Dead { cause, reason } => v1::Step {
            dead_cause: dead_cause(*cause).into(),
            reason: owned_or_empty(reason.as_ref()),
            ..bare(v1::StepKind::Dead)
        },
        StepKind::Acked { delivery } => v1::Step {
            delivery: *delivery,
            ..bare(v1::StepKind::Acked)
        },
        StepKind::Cancelled { reason } => v1::Step {
            reason: owned_or_empty(reason.as_ref()),
            ..bare(v1::StepKind::Cancelled)
        },
        StepKind::Replayed => bare(v1::StepKind::Replayed),
        StepKind::Purged => bare(v1::StepKind::Purged),
        StepKind::Held => bare(v1::StepKind::Held),
        StepKind::Released => bare(v1::StepKind::Released),
        StepKind::Rerouted => bare(v1::StepKind::Rerouted),
        StepKind::HandedOff {
            delivery,
            to,
            position: _,
        } => v1::Step {
            delivery: *delivery,
            tag: owned(to),
            ..bare(v1::StepKind::HandedOff)
        },
        StepKind::Forced {
            delivery,
            key,
            reason,
        } => v1::Step {
            delivery: *delivery,
            effect_key: owned(key),
            reason: owned_or_empty(reason.as_ref()),
            ..bare(v1::StepKind::EffectForced)
        },
        StepKind::Approval {
            approval,
            delivery,
            tool,
            verdict,
            by,
            reason,
        } => v1::Step {
            approval_id: approval.to_string(),
            delivery: *delivery,
            tool: owned(tool),
            approval_state: approval_state(Some(*verdict)).into(),
            token_id: by.map_or_else(String::new, |it| it.to_string()),
            reason: owned_or_empty(reason.as_ref()),
            ..bare(v1::StepKind::ApprovalDecided)
        },
    }
}
