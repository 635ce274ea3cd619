//! Meta fields of an event.

use ackord_core::text::{MetaKey, MetaValue};

use super::{Stored, text};
use crate::decode_error::DecodeError;
use crate::stored;
use crate::text::owned;

impl Stored for (MetaKey, MetaValue) {
    type Form = stored::MetaField;

    fn store(&self) -> stored::MetaField {
        stored::MetaField {
            key: owned(&self.0),
            value: owned(&self.1),
        }
    }

    fn load(form: stored::MetaField) -> Result<Self, DecodeError> {
        Ok((text(form.key, "key")?, text(form.value, "value")?))
    }
}
