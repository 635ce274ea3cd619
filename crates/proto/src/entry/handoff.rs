//! "This is for somebody else."

use ackord_core::command::Handoff;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required, text, text_or_none};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for Handoff {
    type Form = stored::Handoff;

    fn store(&self) -> stored::Handoff {
        stored::Handoff {
            fence: Some(self.fence.store()),
            tag: owned(&self.tag),
            note: owned_or_empty(self.note.as_ref()),
        }
    }

    fn load(form: stored::Handoff) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            tag: text(form.tag, "tag")?,
            note: text_or_none(form.note, "note")?,
        })
    }
}
