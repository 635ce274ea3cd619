//! A token.

use ackord_core::id::{TeamId, TokenId};
use ackord_core::model::Token;
use ackord_core::time::Timestamp;
use bytes::Bytes;

use crate::decode_error::DecodeError;
use crate::form::{Stored, hash, load_codes, load_texts, store_codes, text_or_none};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for Token {
    type Form = stored::Token;

    fn store(&self) -> stored::Token {
        stored::Token {
            id: self.id.0,
            team: self.team.map(|it| it.0),
            hash: Bytes::copy_from_slice(&self.hash),
            roles: store_codes(&self.roles),
            tags: self.tags.iter().map(owned).collect(),
            label: owned_or_empty(self.label.as_ref()),
            created_ms: self.created.0,
            expires_ms: self.expires.map(|it| it.0),
            revoked_ms: self.revoked.map(|it| it.0),
        }
    }

    fn load(form: stored::Token) -> Result<Self, DecodeError> {
        Ok(Self {
            id: TokenId(form.id),
            team: form.team.map(TeamId),
            hash: hash(&form.hash, "hash")?,
            roles: load_codes(&form.roles, "roles")?,
            tags: load_texts(form.tags, "tags")?,
            label: text_or_none(form.label, "label")?,
            created: Timestamp(form.created_ms),
            expires: form.expires_ms.map(Timestamp),
            revoked: form.revoked_ms.map(Timestamp),
        })
    }
}
