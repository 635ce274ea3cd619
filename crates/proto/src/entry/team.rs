//! Teams and their settings.

use ackord_core::command::{CreateTeam, SetTeam};
use ackord_core::time::Millis;

use crate::decode_error::DecodeError;
use crate::form::{Stored, text};
use crate::stored;
use crate::text::owned;

impl Stored for CreateTeam {
    type Form = stored::CreateTeam;

    fn store(&self) -> stored::CreateTeam {
        stored::CreateTeam {
            name: owned(&self.name),
        }
    }

    fn load(form: stored::CreateTeam) -> Result<Self, DecodeError> {
        Ok(Self {
            name: text(form.name, "name")?,
        })
    }
}

impl Stored for SetTeam {
    type Form = stored::SetTeam;

    fn store(&self) -> stored::SetTeam {
        stored::SetTeam {
            dedup_kept_ms: self.dedup_kept.map(|it| it.0),
            events_kept_ms: self.events_kept.map(|it| it.0),
            dead_kept_ms: self.dead_kept.map(|it| it.0),
        }
    }

    fn load(form: stored::SetTeam) -> Result<Self, DecodeError> {
        Ok(Self {
            dedup_kept: form.dedup_kept_ms.map(Millis),
            events_kept: form.events_kept_ms.map(Millis),
            dead_kept: form.dead_kept_ms.map(Millis),
        })
    }
}
