//! A dead letter in its team's list.

use ackord_core::id::QueueId;
use ackord_core::model::DeadLetter;
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Coded, Stored, constant, required};
use crate::stored;

impl Stored for DeadLetter {
    type Form = stored::DeadLetter;

    fn store(&self) -> stored::DeadLetter {
        stored::DeadLetter {
            event: Some(self.event.store()),
            queue: self.queue.0,
            at_ms: self.at.0,
            cause: self.cause.code(),
        }
    }

    fn load(form: stored::DeadLetter) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            queue: QueueId(form.queue),
            at: Timestamp(form.at_ms),
            cause: constant(form.cause, "cause")?,
        })
    }
}
