//! The ack that counted.

use ackord_core::id::CronId;
use ackord_core::model::{AckRecord, Emitted};
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Stored, load_all, required, store_all, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for AckRecord {
    type Form = stored::AckRecord;

    fn store(&self) -> stored::AckRecord {
        stored::AckRecord {
            delivery: self.delivery,
            session: owned_or_empty(self.session.as_ref()),
            at_ms: self.at.0,
            position: Some(self.position.store()),
            summary: owned_or_empty(self.summary.as_ref()),
            emitted: store_all(&self.emitted),
        }
    }

    fn load(form: stored::AckRecord) -> Result<Self, DecodeError> {
        Ok(Self {
            delivery: form.delivery,
            session: text_or_none(form.session, "session")?,
            at: Timestamp(form.at_ms),
            position: required(form.position, "position")?,
            summary: text_or_none(form.summary, "summary")?,
            emitted: load_all(form.emitted, "emitted")?,
        })
    }
}

impl Stored for Emitted {
    type Form = stored::Emitted;

    fn store(&self) -> stored::Emitted {
        stored::Emitted {
            events: store_all(&self.events),
            cron: self.cron.map(|it| it.0),
        }
    }

    fn load(form: stored::Emitted) -> Result<Self, DecodeError> {
        Ok(Self {
            events: load_all(form.events, "events")?,
            cron: form.cron.map(CronId),
        })
    }
}
