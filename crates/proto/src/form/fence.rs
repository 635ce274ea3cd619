//! Fences.

use ackord_core::command::Fence;

use super::{Stored, required};
use crate::decode_error::DecodeError;
use crate::stored;

impl Stored for Fence {
    type Form = stored::Fence;

    fn store(&self) -> stored::Fence {
        stored::Fence {
            event: Some(self.event.store()),
            delivery: self.delivery,
        }
    }

    fn load(form: stored::Fence) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            delivery: form.delivery,
        })
    }
}
