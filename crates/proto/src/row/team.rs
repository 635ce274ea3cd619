//! A team.

use ackord_core::id::TeamId;
use ackord_core::model::Team;
use ackord_core::time::{Millis, Timestamp};

use crate::decode_error::DecodeError;
use crate::form::{Stored, required, text};
use crate::stored;
use crate::text::owned;

impl Stored for Team {
    type Form = stored::Team;

    fn store(&self) -> stored::Team {
        stored::Team {
            id: self.id.0,
            name: owned(&self.name),
            created_ms: self.created.0,
            dedup_kept_ms: self.dedup_kept.0,
            events_kept_ms: self.events_kept.0,
            dead_kept_ms: self.dead_kept.0,
            finished_from: Some(self.finished_from.store()),
            dead_from: Some(self.dead_from.store()),
        }
    }

    fn load(form: stored::Team) -> Result<Self, DecodeError> {
        Ok(Self {
            id: TeamId(form.id),
            name: text(form.name, "name")?,
            created: Timestamp(form.created_ms),
            dedup_kept: Millis(form.dedup_kept_ms),
            events_kept: Millis(form.events_kept_ms),
            dead_kept: Millis(form.dead_kept_ms),
            finished_from: required(form.finished_from, "finished_from")?,
            dead_from: required(form.dead_from, "dead_from")?,
        })
    }
}
