//! A queue.

use ackord_core::id::{QueueId, TeamId};
use ackord_core::model::{Queue, StrictHold};
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Coded, Stored, constant, optional, required, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for Queue {
    type Form = stored::Queue;

    fn store(&self) -> stored::Queue {
        let [interrupt, priority, normal] = &self.runs;
        stored::Queue {
            id: self.id.0,
            team: self.team.0,
            tag: owned_or_empty(self.tag.as_ref()),
            mode: self.mode.code(),
            settings: Some(self.settings.store()),
            revision: self.revision,
            interrupt: Some(interrupt.store()),
            priority: Some(priority.store()),
            normal: Some(normal.store()),
            streak: self.streak,
            strict_hold: self.strict_hold.as_ref().map(Stored::store),
            rate_next_ms: self.rate_next.0,
            delayed: self.delayed,
            backoff: self.backoff,
            waiting: self.waiting,
            dead: self.dead,
            held: self.held,
        }
    }

    fn load(form: stored::Queue) -> Result<Self, DecodeError> {
        Ok(Self {
            id: QueueId(form.id),
            team: TeamId(form.team),
            tag: text_or_none(form.tag, "tag")?,
            mode: constant(form.mode, "mode")?,
            settings: required(form.settings, "settings")?,
            revision: form.revision,
            runs: [
                required(form.interrupt, "interrupt")?,
                required(form.priority, "priority")?,
                required(form.normal, "normal")?,
            ],
            streak: form.streak,
            strict_hold: optional(form.strict_hold, "strict_hold")?,
            rate_next: Timestamp(form.rate_next_ms),
            delayed: form.delayed,
            backoff: form.backoff,
            waiting: form.waiting,
            dead: form.dead,
            held: form.held,
        })
    }
}

impl Stored for StrictHold {
    type Form = stored::StrictHold;

    fn store(&self) -> stored::StrictHold {
        stored::StrictHold {
            event: Some(self.event.store()),
            class: self.class.code(),
            position: Some(self.position.store()),
            ready: self.ready,
        }
    }

    fn load(form: stored::StrictHold) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            class: constant(form.class, "class")?,
            position: required(form.position, "position")?,
            ready: form.ready,
        })
    }
}
