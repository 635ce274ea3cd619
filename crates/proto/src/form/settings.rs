//! Settings of a queue.

use ackord_core::model::QueueSettings;
use ackord_core::time::Millis;

use super::Stored;
use crate::decode_error::DecodeError;
use crate::stored;

impl Stored for QueueSettings {
    type Form = stored::QueueSettings;

    fn store(&self) -> stored::QueueSettings {
        let Self {
            lease,
            claim_limit,
            lease_cap,
            attempts,
            strict,
            leases_per_minute,
        } = *self;
        stored::QueueSettings {
            lease_ms: lease.0,
            claim_limit_ms: claim_limit.0,
            lease_cap_ms: lease_cap.0,
            attempts,
            strict,
            leases_per_minute,
        }
    }

    fn load(form: stored::QueueSettings) -> Result<Self, DecodeError> {
        Ok(Self {
            lease: Millis(form.lease_ms),
            claim_limit: Millis(form.claim_limit_ms),
            lease_cap: Millis(form.lease_cap_ms),
            attempts: form.attempts,
            strict: form.strict,
            leases_per_minute: form.leases_per_minute,
        })
    }
}
