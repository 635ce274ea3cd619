//! Settings and mode of a queue.

use ackord_core::command::{SetMode, SetQueue};

use crate::decode_error::DecodeError;
use crate::form::{Coded, Stored, constant, required, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for SetQueue {
    type Form = stored::SetQueue;

    fn store(&self) -> stored::SetQueue {
        stored::SetQueue {
            tag: owned_or_empty(self.tag.as_ref()),
            settings: Some(self.settings.store()),
            revision: self.revision,
        }
    }

    fn load(form: stored::SetQueue) -> Result<Self, DecodeError> {
        Ok(Self {
            tag: text_or_none(form.tag, "tag")?,
            settings: required(form.settings, "settings")?,
            revision: form.revision,
        })
    }
}

impl Stored for SetMode {
    type Form = stored::SetMode;

    fn store(&self) -> stored::SetMode {
        stored::SetMode {
            tag: owned_or_empty(self.tag.as_ref()),
            mode: self.mode.code(),
        }
    }

    fn load(form: stored::SetMode) -> Result<Self, DecodeError> {
        Ok(Self {
            tag: text_or_none(form.tag, "tag")?,
            mode: constant(form.mode, "mode")?,
        })
    }
}
