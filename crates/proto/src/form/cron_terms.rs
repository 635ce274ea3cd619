//! What people say of a cron.

use ackord_core::model::{CatchUp, CronTerms};
use ackord_core::time::{Millis, Timestamp};

use super::{Coded, Stored, constant, required, text, text_or_none};
use crate::decode_error::{DecodeError, Fault};
use crate::stored;
use crate::stored::catch_up::CatchUp as Form;
use crate::text::{owned, owned_or_empty};

impl Stored for CronTerms {
    type Form = stored::CronTerms;

    fn store(&self) -> stored::CronTerms {
        stored::CronTerms {
            label: owned(&self.label),
            schedule: owned(&self.schedule),
            zone: owned(&self.zone),
            tag: owned_or_empty(self.tag.as_ref()),
            class: self.class.code(),
            ordering_key: owned_or_empty(self.ordering_key.as_ref()),
            ttl_ms: self.ttl.map(|it| it.0),
            attempts: self.attempts,
            lease_ms: self.lease.map(|it| it.0),
            overlap: self.overlap.code(),
            catch_up: Some(self.catch_up.store()),
            starts_ms: self.starts.map(|it| it.0),
            ends_ms: self.ends.map(|it| it.0),
        }
    }

    fn load(form: stored::CronTerms) -> Result<Self, DecodeError> {
        Ok(Self {
            label: text(form.label, "label")?,
            schedule: text(form.schedule, "schedule")?,
            zone: text(form.zone, "zone")?,
            tag: text_or_none(form.tag, "tag")?,
            class: constant(form.class, "class")?,
            ordering_key: text_or_none(form.ordering_key, "ordering_key")?,
            ttl: form.ttl_ms.map(Millis),
            attempts: form.attempts,
            lease: form.lease_ms.map(Millis),
            overlap: constant(form.overlap, "overlap")?,
            catch_up: required(form.catch_up, "catch_up")?,
            starts: form.starts_ms.map(Timestamp),
            ends: form.ends_ms.map(Timestamp),
        })
    }
}

impl Stored for CatchUp {
    type Form = stored::CatchUp;

    fn store(&self) -> stored::CatchUp {
        let catch_up = match self {
            Self::Skip => Form::Skip(stored::Unit {}),
            Self::One => Form::One(stored::Unit {}),
            Self::All { max_age } => Form::AllMaxAgeMs(max_age.0),
        };
        stored::CatchUp {
            catch_up: Some(catch_up),
        }
    }

    fn load(form: stored::CatchUp) -> Result<Self, DecodeError> {
        match form.catch_up {
            Some(Form::Skip(stored::Unit {})) => Ok(Self::Skip),
            Some(Form::One(stored::Unit {})) => Ok(Self::One),
            Some(Form::AllMaxAgeMs(ms)) => Ok(Self::All {
                max_age: Millis(ms),
            }),
            None => Err(DecodeError::new("catch_up", Fault::Missing)),
        }
    }
}
