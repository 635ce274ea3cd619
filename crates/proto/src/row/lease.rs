//! What a session holds.

use ackord_core::model::{Lease, Parked};
use ackord_core::time::{Millis, Timestamp};

use crate::decode_error::DecodeError;
use crate::form::{Coded, Stored, constant, required};
use crate::stored;

impl Stored for Lease {
    type Form = stored::Lease;

    fn store(&self) -> stored::Lease {
        stored::Lease {
            event: Some(self.event.store()),
            delivery: self.delivery,
            class: self.class.code(),
            position: Some(self.position.store()),
            length_ms: self.length.0,
            phase: self.phase.code(),
            until_ms: self.until.0,
            cap_ms: self.cap.0,
            claim_by_ms: self.claim_by.0,
            since_ms: self.since.0,
        }
    }

    fn load(form: stored::Lease) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            delivery: form.delivery,
            class: constant(form.class, "class")?,
            position: required(form.position, "position")?,
            length: Millis(form.length_ms),
            phase: constant(form.phase, "phase")?,
            until: Timestamp(form.until_ms),
            claim_by: Timestamp(form.claim_by_ms),
            since: Timestamp(form.since_ms),
            cap: Timestamp(form.cap_ms),
        })
    }
}

impl Stored for Parked {
    type Form = stored::Parked;

    fn store(&self) -> stored::Parked {
        stored::Parked {
            event: Some(self.event.store()),
            delivery: self.delivery,
            class: self.class.code(),
        }
    }

    fn load(form: stored::Parked) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            delivery: form.delivery,
            class: constant(form.class, "class")?,
        })
    }
}
