//! Which silence is told of.

use ackord_core::model::Silence;
use ackord_core::time::Millis;

use super::{Coded, Stored, constant, text};
use crate::decode_error::DecodeError;
use crate::stored;
use crate::text::owned;

impl Stored for Silence {
    type Form = stored::Silence;

    fn store(&self) -> stored::Silence {
        stored::Silence {
            after_ms: self.after.0,
            tag: owned(&self.tag),
            class: self.class.code(),
        }
    }

    fn load(form: stored::Silence) -> Result<Self, DecodeError> {
        Ok(Self {
            after: Millis(form.after_ms),
            tag: text(form.tag, "tag")?,
            class: constant(form.class, "class")?,
        })
    }
}
