//! Sources: made, changed, removed, open for handshakes.

use ackord_core::command::{CreateSource, DeleteSource, OpenPairing, UpdateSource};
use ackord_core::id::SourceId;
use ackord_core::model::Silence;
use ackord_core::time::Millis;

use crate::decode_error::{DecodeError, Within};
use crate::form::{
    Coded, Stored, code_or_zero, constant, constant_or_none, load_all, optional, store_all, text,
};
use crate::stored;
use crate::text::owned;

impl Stored for CreateSource {
    type Form = stored::CreateSource;

    fn store(&self) -> stored::CreateSource {
        stored::CreateSource {
            slug: owned(&self.slug),
            mode: self.mode.code(),
            definition: self.definition.clone(),
            secrets: store_all(&self.secrets),
            silence: self.silence.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::CreateSource) -> Result<Self, DecodeError> {
        Ok(Self {
            slug: text(form.slug, "slug")?,
            mode: constant(form.mode, "mode")?,
            definition: form.definition,
            secrets: load_all(form.secrets, "secrets")?,
            silence: optional(form.silence, "silence")?,
        })
    }
}

impl Stored for UpdateSource {
    type Form = stored::UpdateSource;

    fn store(&self) -> stored::UpdateSource {
        let secrets = |it: &Vec<_>| stored::SealedSecrets {
            secrets: store_all(it),
        };
        let silence = |it: &Option<Silence>| stored::SilenceChange {
            silence: it.as_ref().map(Stored::store),
        };
        stored::UpdateSource {
            source: self.source.0,
            revision: self.revision,
            mode: code_or_zero(self.mode.as_ref()),
            definition: self.definition.clone(),
            secrets: self.secrets.as_ref().map(secrets),
            silence: self.silence.as_ref().map(silence),
        }
    }

    fn load(form: stored::UpdateSource) -> Result<Self, DecodeError> {
        let secrets = |it: stored::SealedSecrets| load_all(it.secrets, "secrets");
        let silence = |it: stored::SilenceChange| optional(it.silence, "silence");
        Ok(Self {
            source: SourceId(form.source),
            revision: form.revision,
            mode: constant_or_none(form.mode, "mode")?,
            definition: form.definition,
            secrets: form.secrets.map(secrets).transpose().within("secrets")?,
            silence: form.silence.map(silence).transpose()?,
        })
    }
}

impl Stored for DeleteSource {
    type Form = stored::DeleteSource;

    fn store(&self) -> stored::DeleteSource {
        stored::DeleteSource {
            source: self.source.0,
            revision: self.revision,
        }
    }

    fn load(form: stored::DeleteSource) -> Result<Self, DecodeError> {
        Ok(Self {
            source: SourceId(form.source),
            revision: form.revision,
        })
    }
}

impl Stored for OpenPairing {
    type Form = stored::OpenPairing;

    fn store(&self) -> stored::OpenPairing {
        stored::OpenPairing {
            source: self.source.0,
            span_ms: self.span.0,
        }
    }

    fn load(form: stored::OpenPairing) -> Result<Self, DecodeError> {
        Ok(Self {
            source: SourceId(form.source),
            span: Millis(form.span_ms),
        })
    }
}
