//! What a dedup key stands for. Flat, because there are more of these than of anything else.

use ackord_core::id::EventId;
use ackord_core::model::{ContentHash, Dedup};
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Stored, halves, join};
use crate::stored;

impl Stored for Dedup {
    type Form = stored::Dedup;

    fn store(&self) -> stored::Dedup {
        let (event_high, event_low) = halves(self.event.0);
        let (content_high, content_low) = halves(self.content.0);
        stored::Dedup {
            event_high,
            event_low,
            content_high,
            content_low,
            expires_ms: self.expires.0,
        }
    }

    fn load(form: stored::Dedup) -> Result<Self, DecodeError> {
        Ok(Self {
            event: EventId(join(form.event_high, form.event_low)),
            content: ContentHash(join(form.content_high, form.content_low)),
            expires: Timestamp(form.expires_ms),
        })
    }
}
