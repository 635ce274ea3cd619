//! What sessions say about a delivery.

use ackord_core::command::{Ack, Claim, Extension, Fence, Nack};
use ackord_core::time::Millis;

use super::field::{id, required, text_or_none};
use super::{FieldError, FieldFault};
use crate::v1;

/// Names a delivery.
///
/// # Errors
/// It is not there, or names no event.
pub fn fence(wire: Option<v1::Fence>) -> Result<Fence, FieldError> {
    let wire = required(wire, "fence")?;
    let event = id(&wire.event_id, "fence.event_id")?;
    Ok(Fence {
        event,
        delivery: wire.delivery,
    })
}

/// "The work is done."
///
/// # Errors
/// A field breaks a rule.
pub fn ack(wire: v1::Ack) -> Result<Ack, FieldError> {
    Ok(Ack {
        fence: fence(wire.fence)?,
        summary: text_or_none(wire.summary, "summary")?,
    })
}

/// "The work is not done."
///
/// # Errors
/// A field breaks a rule.
pub fn nack(wire: v1::Nack) -> Result<Nack, FieldError> {
    if wire.reject && wire.delay_ms.is_some() {
        return Err(FieldError::new(
            "delay_ms",
            FieldFault::Rule("left out with reject"),
        ));
    }
    Ok(Nack {
        fence: fence(wire.fence)?,
        reject: wire.reject,
        delay: wire.delay_ms.map(Millis),
        reason: text_or_none(wire.reason, "reason")?,
        note: text_or_none(wire.note, "note")?,
    })
}

/// "The model has seen this event."
///
/// # Errors
/// A field breaks a rule.
pub fn claim(wire: v1::Claim) -> Result<Claim, FieldError> {
    Ok(Claim {
        fence: fence(wire.fence)?,
    })
}

/// "The work goes on."
///
/// # Errors
/// A field breaks a rule.
pub fn extension(wire: v1::Extension) -> Result<Extension, FieldError> {
    Ok(Extension {
        fence: fence(wire.fence)?,
        note: text_or_none(wire.note, "note")?,
    })
}
