//! Crons: made, changed, removed, paused, resumed, fired by hand.

use ackord_core::command::{CreateCron, DeleteCron, FireCron, PauseCron, ResumeCron, UpdateCron};
use ackord_core::id::CronId;
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Stored, optional, required};
use crate::stored;

impl Stored for CreateCron {
    type Form = stored::CreateCron;

    fn store(&self) -> stored::CreateCron {
        stored::CreateCron {
            terms: Some(self.terms.store()),
            instruction: Some(self.instruction.store()),
            anchor_ms: self.anchor.0,
            next_ms: self.next.map(|it| it.0),
            silence: self.silence.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::CreateCron) -> Result<Self, DecodeError> {
        Ok(Self {
            terms: required(form.terms, "terms")?,
            instruction: required(form.instruction, "instruction")?,
            anchor: Timestamp(form.anchor_ms),
            next: form.next_ms.map(Timestamp),
            silence: optional(form.silence, "silence")?,
        })
    }
}

impl Stored for UpdateCron {
    type Form = stored::UpdateCron;

    fn store(&self) -> stored::UpdateCron {
        stored::UpdateCron {
            cron: self.cron.0,
            revision: self.revision,
            terms: Some(self.terms.store()),
            instruction: self.instruction.as_ref().map(Stored::store),
            anchor_ms: self.anchor.0,
            next_ms: self.next.map(|it| it.0),
            silence: self.silence.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::UpdateCron) -> Result<Self, DecodeError> {
        Ok(Self {
            cron: CronId(form.cron),
            revision: form.revision,
            terms: required(form.terms, "terms")?,
            instruction: optional(form.instruction, "instruction")?,
            anchor: Timestamp(form.anchor_ms),
            next: form.next_ms.map(Timestamp),
            silence: optional(form.silence, "silence")?,
        })
    }
}

impl Stored for DeleteCron {
    type Form = stored::DeleteCron;

    fn store(&self) -> stored::DeleteCron {
        stored::DeleteCron {
            cron: self.cron.0,
            revision: self.revision,
        }
    }

    fn load(form: stored::DeleteCron) -> Result<Self, DecodeError> {
        Ok(Self {
            cron: CronId(form.cron),
            revision: form.revision,
        })
    }
}

impl Stored for PauseCron {
    type Form = stored::PauseCron;

    fn store(&self) -> stored::PauseCron {
        stored::PauseCron { cron: self.cron.0 }
    }

    fn load(form: stored::PauseCron) -> Result<Self, DecodeError> {
        Ok(Self {
            cron: CronId(form.cron),
        })
    }
}

impl Stored for ResumeCron {
    type Form = stored::ResumeCron;

    fn store(&self) -> stored::ResumeCron {
        stored::ResumeCron {
            cron: self.cron.0,
            revision: self.revision,
            next_ms: self.next.0,
        }
    }

    fn load(form: stored::ResumeCron) -> Result<Self, DecodeError> {
        Ok(Self {
            cron: CronId(form.cron),
            revision: form.revision,
            next: Timestamp(form.next_ms),
        })
    }
}

impl Stored for FireCron {
    type Form = stored::FireCron;

    fn store(&self) -> stored::FireCron {
        stored::FireCron {
            cron: self.cron.0,
            event: Some(self.event.store()),
            dedup: self.dedup.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::FireCron) -> Result<Self, DecodeError> {
        Ok(Self {
            cron: CronId(form.cron),
            event: required(form.event, "event")?,
            dedup: optional(form.dedup, "dedup")?,
        })
    }
}
