//! Points in the log.

use ackord_core::time::Position;

use super::Stored;
use crate::decode_error::DecodeError;
use crate::stored;

impl Stored for Position {
    type Form = stored::Position;

    fn store(&self) -> stored::Position {
        stored::Position {
            index: self.index,
            offset: self.offset,
        }
    }

    fn load(form: stored::Position) -> Result<Self, DecodeError> {
        Ok(Self {
            index: form.index,
            offset: form.offset,
        })
    }
}
