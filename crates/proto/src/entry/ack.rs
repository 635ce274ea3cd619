//! "The work is done."

use ackord_core::command::Ack;

use crate::decode_error::DecodeError;
use crate::form::{Stored, load_all, required, store_all, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for Ack {
    type Form = stored::Ack;

    fn store(&self) -> stored::Ack {
        stored::Ack {
            fence: Some(self.fence.store()),
            summary: owned_or_empty(self.summary.as_ref()),
            effects: store_all(&self.effects),
            emits: store_all(&self.emits),
        }
    }

    fn load(form: stored::Ack) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            summary: text_or_none(form.summary, "summary")?,
            effects: load_all(form.effects, "effects")?,
            emits: load_all(form.emits, "emits")?,
        })
    }
}
