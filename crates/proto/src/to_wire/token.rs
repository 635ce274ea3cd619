//! Tokens.

use ackord_core::model::Token;

use super::constant::role;
use crate::text::{owned, owned_or_empty};
use crate::v1;

/// A token, without the hash of its secret.
#[must_use]
pub fn token(token: &Token) -> v1::Token {
    v1::Token {
        id: token.id.to_string(),
        team_id: token.team.map(|it| it.to_string()).unwrap_or_default(),
        roles: token.roles.iter().map(|it| role(*it).into()).collect(),
        tags: token.tags.iter().map(owned).collect(),
        label: owned_or_empty(token.label.as_ref()),
        created_at_ms: token.created.0,
        expires_at_ms: token.expires.unwrap_or_default().0,
        revoked_at_ms: token.revoked.unwrap_or_default().0,
    }
}
