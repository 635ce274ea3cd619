//! A tick of a cron.

use ackord_core::command::{DecideTick, Missed};
use ackord_core::id::CronId;
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Stored, optional};
use crate::stored;

impl Stored for DecideTick {
    type Form = stored::DecideTick;

    fn store(&self) -> stored::DecideTick {
        stored::DecideTick {
            cron: self.cron.0,
            revision: self.revision,
            nominal_ms: self.nominal.0,
            over: self.over.as_ref().map(Stored::store),
            next_ms: self.next.map(|it| it.0),
        }
    }

    fn load(form: stored::DecideTick) -> Result<Self, DecodeError> {
        Ok(Self {
            cron: CronId(form.cron),
            revision: form.revision,
            nominal: Timestamp(form.nominal_ms),
            over: optional(form.over, "over")?,
            next: form.next_ms.map(Timestamp),
        })
    }
}

impl Stored for Missed {
    type Form = stored::Missed;

    fn store(&self) -> stored::Missed {
        stored::Missed {
            ticks: self.ticks,
            last_ms: self.last.0,
        }
    }

    fn load(form: stored::Missed) -> Result<Self, DecodeError> {
        Ok(Self {
            ticks: form.ticks,
            last: Timestamp(form.last_ms),
        })
    }
}
