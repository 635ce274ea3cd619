//! "The work goes on."

use ackord_core::command::{Extend, Extension};

use crate::decode_error::DecodeError;
use crate::form::{Stored, load_all, required, store_all, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for Extend {
    type Form = stored::Extend;

    fn store(&self) -> stored::Extend {
        stored::Extend {
            items: store_all(&self.items),
        }
    }

    fn load(form: stored::Extend) -> Result<Self, DecodeError> {
        Ok(Self {
            items: load_all(form.items, "items")?,
        })
    }
}

impl Stored for Extension {
    type Form = stored::Extension;

    fn store(&self) -> stored::Extension {
        stored::Extension {
            fence: Some(self.fence.store()),
            note: owned_or_empty(self.note.as_ref()),
        }
    }

    fn load(form: stored::Extension) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            note: text_or_none(form.note, "note")?,
        })
    }
}
