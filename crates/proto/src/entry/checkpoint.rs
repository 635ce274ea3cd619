//! "This is how far I am."

use ackord_core::command::Checkpoint;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required, text};
use crate::stored;
use crate::text::owned;

impl Stored for Checkpoint {
    type Form = stored::Checkpoint;

    fn store(&self) -> stored::Checkpoint {
        stored::Checkpoint {
            fence: Some(self.fence.store()),
            note: owned(&self.note),
        }
    }

    fn load(form: stored::Checkpoint) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            note: text(form.note, "note")?,
        })
    }
}
