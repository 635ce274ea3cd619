//! A finished event in its team's history.

use ackord_core::id::QueueId;
use ackord_core::model::Finished;
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Coded, Stored, constant, required};
use crate::stored;

impl Stored for Finished {
    type Form = stored::Finished;

    fn store(&self) -> stored::Finished {
        stored::Finished {
            event: Some(self.event.store()),
            queue: self.queue.0,
            at_ms: self.at.0,
            outcome: self.outcome.code(),
        }
    }

    fn load(form: stored::Finished) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            queue: QueueId(form.queue),
            at: Timestamp(form.at_ms),
            outcome: constant(form.outcome, "outcome")?,
        })
    }
}
