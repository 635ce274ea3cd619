//! A cron, and what was decided of its latest tick.

use ackord_core::id::{CronId, TeamId};
use ackord_core::model::{Cron, CronCounts, Decided, Fate};
use ackord_core::time::Timestamp;

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::{Coded, Stored, constant, load_all, optional, required, store_all};
use crate::stored;
use crate::stored::decided::Fate as Form;

impl Stored for Cron {
    type Form = stored::Cron;

    fn store(&self) -> stored::Cron {
        stored::Cron {
            id: self.id.0,
            team: self.team.0,
            revision: self.revision,
            terms: Some(self.terms.store()),
            anchor_ms: self.anchor.0,
            paused_ms: self.paused.map(|it| it.0),
            next_ms: self.next.map(|it| it.0),
            last: self.last.as_ref().map(Stored::store),
            live: self.live.as_ref().map(Stored::store),
            fired: self.counts.fired,
            replaced: self.counts.replaced,
            skipped: self.counts.skipped,
            by_hand: self.counts.by_hand,
            created_ms: self.created.0,
            changed_ms: self.changed.0,
            others: store_all(&self.others),
        }
    }

    fn load(form: stored::Cron) -> Result<Self, DecodeError> {
        Ok(Self {
            id: CronId(form.id),
            team: TeamId(form.team),
            revision: form.revision,
            terms: required(form.terms, "terms")?,
            anchor: Timestamp(form.anchor_ms),
            paused: form.paused_ms.map(Timestamp),
            next: form.next_ms.map(Timestamp),
            last: optional(form.last, "last")?,
            live: optional(form.live, "live")?,
            others: load_all(form.others, "others")?,
            counts: CronCounts {
                fired: form.fired,
                replaced: form.replaced,
                skipped: form.skipped,
                by_hand: form.by_hand,
            },
            created: Timestamp(form.created_ms),
            changed: Timestamp(form.changed_ms),
        })
    }
}

impl Stored for Decided {
    type Form = stored::Decided;

    fn store(&self) -> stored::Decided {
        stored::Decided {
            nominal_ms: self.nominal.0,
            at_ms: self.at.0,
            fate: Some(store_fate(self.fate)),
        }
    }

    fn load(form: stored::Decided) -> Result<Self, DecodeError> {
        Ok(Self {
            nominal: Timestamp(form.nominal_ms),
            at: Timestamp(form.at_ms),
            fate: load_fate(form.fate)?,
        })
    }
}

fn store_fate(fate: Fate) -> Form {
    match fate {
        Fate::Fired(event) => Form::Fired(event.store()),
        Fate::Skipped(cause) => Form::Skipped(cause.code()),
        Fate::Replaced { event, before } => Form::Replaced(stored::Replacement {
            event: Some(event.store()),
            before: Some(before.store()),
        }),
    }
}

fn load_fate(form: Option<Form>) -> Result<Fate, DecodeError> {
    match form {
        Some(Form::Fired(event)) => Stored::load(event).map(Fate::Fired).within("fired"),
        Some(Form::Skipped(cause)) => constant(cause, "skipped").map(Fate::Skipped),
        Some(Form::Replaced(it)) => replaced(it).within("replaced"),
        None => Err(DecodeError::new("fate", Fault::Missing)),
    }
}

fn replaced(form: stored::Replacement) -> Result<Fate, DecodeError> {
    Ok(Fate::Replaced {
        event: required(form.event, "event")?,
        before: required(form.before, "before")?,
    })
}
