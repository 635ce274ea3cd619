//! The watch over a cron or a source.

use ackord_core::id::{CronId, SourceId, TeamId};
use ackord_core::model::{Alarm, Watch, Watched};
use ackord_core::time::Timestamp;

use crate::decode_error::{DecodeError, Fault};
use crate::form::{Stored, optional, required};
use crate::stored;
use crate::stored::watch::Of;

impl Stored for Watch {
    type Form = stored::Watch;

    fn store(&self) -> stored::Watch {
        let of = match self.of {
            Watched::Cron(id) => Of::Cron(id.0),
            Watched::Source(id) => Of::Source(id.0),
        };
        stored::Watch {
            of: Some(of),
            team: self.team.0,
            silence: Some(self.silence.store()),
            last_ack_ms: self.last_ack.map(|it| it.0),
            deadline_ms: self.deadline.map(|it| it.0),
            alarm: self.alarm.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::Watch) -> Result<Self, DecodeError> {
        let of = match form.of {
            Some(Of::Cron(id)) => Watched::Cron(CronId(id)),
            Some(Of::Source(id)) => Watched::Source(SourceId(id)),
            None => return Err(DecodeError::new("of", Fault::Missing)),
        };
        Ok(Self {
            of,
            team: TeamId(form.team),
            silence: required(form.silence, "silence")?,
            last_ack: form.last_ack_ms.map(Timestamp),
            deadline: form.deadline_ms.map(Timestamp),
            alarm: optional(form.alarm, "alarm")?,
        })
    }
}

impl Stored for Alarm {
    type Form = stored::Alarm;

    fn store(&self) -> stored::Alarm {
        stored::Alarm {
            at_ms: self.at.0,
            event: self.event.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::Alarm) -> Result<Self, DecodeError> {
        Ok(Self {
            at: Timestamp(form.at_ms),
            event: optional(form.event, "event")?,
        })
    }
}
