//! "The work is done."

use ackord_core::command::Ack;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for Ack {
    type Form = stored::Ack;

    fn store(&self) -> stored::Ack {
        stored::Ack {
            fence: Some(self.fence.store()),
            summary: owned_or_empty(self.summary.as_ref()),
        }
    }

    fn load(form: stored::Ack) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            summary: text_or_none(form.summary, "summary")?,
        })
    }
}
