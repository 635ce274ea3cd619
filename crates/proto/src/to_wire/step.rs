//! One step of an event's history.

use ackord_core::history::{Step, StepKind};

use super::constant::{dead_cause, delivery_cause, return_cause};
use crate::text::owned_or_empty;
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
    }
}
