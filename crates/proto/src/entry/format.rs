use ackord_core::command::RaiseFormat;

use crate::decode_error::DecodeError;
use crate::form::Stored;
use crate::stored;

impl Stored for RaiseFormat {
    type Form = stored::RaiseFormat;

    fn store(&self) -> stored::RaiseFormat {
        stored::RaiseFormat {
            format: self.format,
        }
    }

    fn load(form: stored::RaiseFormat) -> Result<Self, DecodeError> {
        Ok(Self {
            format: form.format,
        })
    }
}
