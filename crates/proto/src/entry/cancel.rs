//! "Take this event out."

use ackord_core::command::Cancel;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for Cancel {
    type Form = stored::Cancel;

    fn store(&self) -> stored::Cancel {
        stored::Cancel {
            event: Some(self.event.store()),
            reason: owned_or_empty(self.reason.as_ref()),
        }
    }

    fn load(form: stored::Cancel) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            reason: text_or_none(form.reason, "reason")?,
        })
    }
}
