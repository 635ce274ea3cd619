//! "The work is not done."

use ackord_core::command::Nack;
use ackord_core::time::Millis;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for Nack {
    type Form = stored::Nack;

    fn store(&self) -> stored::Nack {
        stored::Nack {
            fence: Some(self.fence.store()),
            reject: self.reject,
            delay_ms: self.delay.map(|it| it.0),
            reason: owned_or_empty(self.reason.as_ref()),
            note: owned_or_empty(self.note.as_ref()),
        }
    }

    fn load(form: stored::Nack) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            reject: form.reject,
            delay: form.delay_ms.map(Millis),
            reason: text_or_none(form.reason, "reason")?,
            note: text_or_none(form.note, "note")?,
        })
    }
}
