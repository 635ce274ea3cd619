//! "This session lost its stream."

use ackord_core::command::Detach;
use ackord_core::id::SessionId;

use crate::decode_error::DecodeError;
use crate::form::Stored;
use crate::stored;

impl Stored for Detach {
    type Form = stored::Detach;

    fn store(&self) -> stored::Detach {
        stored::Detach {
            session: self.session.0,
            stream: self.stream,
            bye: self.bye,
        }
    }

    fn load(form: stored::Detach) -> Result<Self, DecodeError> {
        Ok(Self {
            session: SessionId(form.session),
            stream: form.stream,
            bye: form.bye,
        })
    }
}
