//! "Send this event round again", and "remove this dead letter".

use ackord_core::command::{Purge, Replay};

use crate::decode_error::DecodeError;
use crate::form::{Stored, required};
use crate::stored;

impl Stored for Replay {
    type Form = stored::Replay;

    fn store(&self) -> stored::Replay {
        stored::Replay {
            event: Some(self.event.store()),
        }
    }

    fn load(form: stored::Replay) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
        })
    }
}

impl Stored for Purge {
    type Form = stored::Purge;

    fn store(&self) -> stored::Purge {
        stored::Purge {
            event: Some(self.event.store()),
        }
    }

    fn load(form: stored::Purge) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
        })
    }
}
