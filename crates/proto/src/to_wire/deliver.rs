//! What is written to a session.

use std::collections::BTreeMap;

use ackord_core::action::RevokeCause;
use ackord_core::command::Fence;
use ackord_core::model::{Content, Event, Instruction, Lease, Ledger, QueueSettings};

use super::constant::{class, lease_phase, revoke_cause};
use super::effect;
use super::place::fence;
use crate::text::{owned, owned_or_empty};
use crate::v1;
use crate::v1::instruction::Instruction as Form;

/// An event to work on. The body shares the memory of `content`.
#[must_use]
pub fn deliver(
    event: &Event,
    content: &Content,
    lease: &Lease,
    settings: &QueueSettings,
    ledger: &Ledger,
) -> v1::Deliver {
    v1::Deliver {
        fence: Some(fence(Fence {
            event: lease.event,
            delivery: lease.delivery,
        })),
        event_type: owned(&event.event_type),
        content_type: owned_or_empty(content.content_type.as_ref()),
        meta: meta(content),
        body: content.body.clone(),
        class: class(event.class).into(),
        ordering_key: owned_or_empty(event.key.as_ref()),
        attempts: event.attempts,
        attempts_max: event.attempts_max.unwrap_or(settings.attempts),
        accepted_at_ms: event.accepted.0,
        note: owned_or_empty(event.note.as_ref()),
        replayed_from: event
            .replayed_from
            .map(|it| it.to_string())
            .unwrap_or_default(),
        phase: lease_phase(lease.phase).into(),
        claim_limit_ms: settings.claim_limit.0,
        lease_ms: lease.length.0,
        lease_cap_at_ms: lease.cap.0,
        instruction: content.instruction.as_ref().map(instruction),
        shown_bytes: content.shown_bytes.unwrap_or_default(),
        effects: effect::ledger(ledger),
    }
}

/// A delivery is no longer the session's.
#[must_use]
pub fn revoke(delivery: Fence, cause: RevokeCause) -> v1::Revoke {
    v1::Revoke {
        fence: Some(fence(delivery)),
        cause: revoke_cause(cause).into(),
    }
}

/// What was submitted. The body shares the memory of `content`.
#[must_use]
pub fn body(content: &Content) -> v1::GetBodyResponse {
    v1::GetBodyResponse {
        content_type: owned_or_empty(content.content_type.as_ref()),
        meta: meta(content),
        body: content.body.clone(),
        instruction: content.instruction.as_ref().map(instruction),
        shown_bytes: content.shown_bytes.unwrap_or_default(),
    }
}

/// What an agent is told to do with an event.
#[must_use]
pub fn instruction(instruction: &Instruction) -> v1::Instruction {
    let it = match instruction {
        Instruction::Skill(skill) => Form::Skill(owned(skill)),
        Instruction::Prompt(prompt) => Form::Prompt(owned(prompt)),
    };
    v1::Instruction {
        instruction: Some(it),
    }
}

fn meta(content: &Content) -> BTreeMap<String, String> {
    content
        .meta
        .iter()
        .map(|(key, value)| (owned(key), owned(value)))
        .collect()
}
