//! An ordering key in use.

use ackord_core::model::Lane;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required};
use crate::stored;

impl Stored for Lane {
    type Form = stored::Lane;

    fn store(&self) -> stored::Lane {
        stored::Lane {
            holder: Some(self.holder.store()),
            waiting: self.waiting,
            head: Some(self.head.store()),
        }
    }

    fn load(form: stored::Lane) -> Result<Self, DecodeError> {
        Ok(Self {
            holder: required(form.holder, "holder")?,
            waiting: form.waiting,
            head: required(form.head, "head")?,
        })
    }
}
