//! What never changes of an event.

use ackord_core::model::Content;

use crate::decode_error::DecodeError;
use crate::form::{Stored, load_all, optional, store_all, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for Content {
    type Form = stored::Content;

    fn store(&self) -> stored::Content {
        stored::Content {
            content_type: owned_or_empty(self.content_type.as_ref()),
            meta: store_all(&self.meta),
            instruction: self.instruction.as_ref().map(Stored::store),
            shown_bytes: self.shown_bytes,
            body: self.body.clone(),
        }
    }

    fn load(form: stored::Content) -> Result<Self, DecodeError> {
        Ok(Self {
            content_type: text_or_none(form.content_type, "content_type")?,
            meta: load_all(form.meta, "meta")?,
            instruction: optional(form.instruction, "instruction")?,
            shown_bytes: form.shown_bytes,
            body: form.body,
        })
    }
}
