//! A source, and what it holds.

use ackord_core::id::{SourceId, TeamId};
use ackord_core::model::{Holding, Secret, Source};
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Coded, Stored, constant, load_all, required, store_all, text};
use crate::stored;
use crate::text::owned;

impl Stored for Source {
    type Form = stored::Source;

    fn store(&self) -> stored::Source {
        stored::Source {
            id: self.id.0,
            team: self.team.0,
            slug: owned(&self.slug),
            revision: self.revision,
            mode: self.mode.code(),
            definition: self.definition.clone(),
            secrets: store_all(&self.secrets),
            pairing_ms: self.pairing.map(|it| it.0),
            created_ms: self.created.0,
            changed_ms: self.changed.0,
        }
    }

    fn load(form: stored::Source) -> Result<Self, DecodeError> {
        Ok(Self {
            id: SourceId(form.id),
            team: TeamId(form.team),
            slug: text(form.slug, "slug")?,
            revision: form.revision,
            mode: constant(form.mode, "mode")?,
            definition: form.definition,
            secrets: load_all(form.secrets, "secrets")?,
            pairing: form.pairing_ms.map(Timestamp),
            created: Timestamp(form.created_ms),
            changed: Timestamp(form.changed_ms),
        })
    }
}

impl Stored for Secret {
    type Form = stored::Secret;

    fn store(&self) -> stored::Secret {
        stored::Secret {
            sealed: Some(self.sealed.store()),
            created_ms: self.created.0,
        }
    }

    fn load(form: stored::Secret) -> Result<Self, DecodeError> {
        Ok(Self {
            sealed: required(form.sealed, "sealed")?,
            created: Timestamp(form.created_ms),
        })
    }
}

impl Stored for Holding {
    type Form = stored::Holding;

    fn store(&self) -> stored::Holding {
        stored::Holding {
            source: self.source.0,
            team: self.team.0,
            run: Some(self.run.store()),
        }
    }

    fn load(form: stored::Holding) -> Result<Self, DecodeError> {
        Ok(Self {
            source: SourceId(form.source),
            team: TeamId(form.team),
            run: required(form.run, "run")?,
        })
    }
}
