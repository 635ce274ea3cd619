//! "The model has seen this event."

use ackord_core::command::Claim;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required};
use crate::stored;

impl Stored for Claim {
    type Form = stored::Claim;

    fn store(&self) -> stored::Claim {
        stored::Claim {
            fence: Some(self.fence.store()),
        }
    }

    fn load(form: stored::Claim) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
        })
    }
}
