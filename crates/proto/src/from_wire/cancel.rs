//! An event to be taken out.

use ackord_core::command::Cancel;

use super::FieldError;
use super::field::{id, text_or_none};
use crate::v1;

/// Takes an event out before its work is done.
///
/// # Errors
/// A field breaks a rule.
pub fn cancel(wire: v1::CancelRequest) -> Result<Cancel, FieldError> {
    Ok(Cancel {
        event: id(&wire.event_id, "event_id")?,
        reason: text_or_none(wire.reason, "reason")?,
    })
}
