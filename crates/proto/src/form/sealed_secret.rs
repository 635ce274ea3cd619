//! A secret that whoever proposed it had sealed.

use ackord_core::model::SealedSecret;
use ackord_core::time::Timestamp;

use super::{Stored, text};
use crate::decode_error::DecodeError;
use crate::stored;
use crate::text::owned;

impl Stored for SealedSecret {
    type Form = stored::SealedSecret;

    fn store(&self) -> stored::SealedSecret {
        stored::SealedSecret {
            name: owned(&self.name),
            key: owned(&self.key),
            sealed: self.sealed.clone(),
            expires_ms: self.expires.map(|it| it.0),
        }
    }

    fn load(form: stored::SealedSecret) -> Result<Self, DecodeError> {
        Ok(Self {
            name: text(form.name, "name")?,
            key: text(form.key, "key")?,
            sealed: form.sealed,
            expires: form.expires_ms.map(Timestamp),
        })
    }
}
