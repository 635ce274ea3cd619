//! What a session does outside.

use ackord_core::command::{BeginEffect, CompleteEffect, Completion, ForceEffect};

use super::FieldError;
use super::answer::fence;
use super::field::{required, text, text_or_none};
use crate::v1;

/// "I am about to do this."
///
/// # Errors
/// A field breaks a rule.
pub fn begin_effect(wire: v1::BeginEffectRequest) -> Result<BeginEffect, FieldError> {
    Ok(BeginEffect {
        fence: fence(wire.fence)?,
        key: text(wire.key, "key")?,
        nonce: (wire.nonce != 0).then_some(wire.nonce),
    })
}

/// "It is done."
///
/// # Errors
/// A field breaks a rule.
pub fn complete_effect(wire: v1::CompleteEffectRequest) -> Result<CompleteEffect, FieldError> {
    let fence = fence(wire.fence)?;
    let done = completion(required(wire.completion, "completion")?);
    Ok(CompleteEffect {
        fence,
        completion: done.map_err(|it| it.within("completion"))?,
    })
}

/// "It did not happen; I do it now."
///
/// # Errors
/// A field breaks a rule.
pub fn force_effect(wire: v1::ForceEffectRequest) -> Result<ForceEffect, FieldError> {
    Ok(ForceEffect {
        fence: fence(wire.fence)?,
        key: text(wire.key, "key")?,
        reason: text_or_none(wire.reason, "reason")?,
        nonce: (wire.nonce != 0).then_some(wire.nonce),
    })
}

/// An effect that is done.
pub(super) fn completion(wire: v1::EffectCompletion) -> Result<Completion, FieldError> {
    Ok(Completion {
        key: text(wire.key, "key")?,
        result: text_or_none(wire.result, "result")?,
    })
}
