//! Tokens: made and ended.

use ackord_core::command::{CreateToken, RevokeToken};
use ackord_core::id::TokenId;
use ackord_core::time::Timestamp;
use bytes::Bytes;

use crate::decode_error::DecodeError;
use crate::form::{Stored, hash, load_codes, load_texts, store_codes, text_or_none};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for CreateToken {
    type Form = stored::CreateToken;

    fn store(&self) -> stored::CreateToken {
        stored::CreateToken {
            hash: Bytes::copy_from_slice(&self.hash),
            roles: store_codes(&self.roles),
            tags: self.tags.iter().map(owned).collect(),
            label: owned_or_empty(self.label.as_ref()),
            expires_ms: self.expires.map(|it| it.0),
        }
    }

    fn load(form: stored::CreateToken) -> Result<Self, DecodeError> {
        Ok(Self {
            hash: hash(&form.hash, "hash")?,
            roles: load_codes(&form.roles, "roles")?,
            tags: load_texts(form.tags, "tags")?,
            label: text_or_none(form.label, "label")?,
            expires: form.expires_ms.map(Timestamp),
        })
    }
}

impl Stored for RevokeToken {
    type Form = stored::RevokeToken;

    fn store(&self) -> stored::RevokeToken {
        stored::RevokeToken {
            token: self.token.0,
        }
    }

    fn load(form: stored::RevokeToken) -> Result<Self, DecodeError> {
        Ok(Self {
            token: TokenId(form.token),
        })
    }
}
