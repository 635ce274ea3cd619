//! Tokens.

use ackord_core::command::CreateToken;
use ackord_core::time::Timestamp;

use super::field::{required, text, text_or_none};
use super::{FieldError, constant};
use crate::v1;

/// Makes a token whose secret has this SHA-256. The team is for the caller to find.
///
/// # Errors
/// A field breaks a rule.
pub fn create_token(
    wire: v1::CreateTokenRequest,
    hash: [u8; 32],
) -> Result<CreateToken, FieldError> {
    let roles = wire.roles.into_iter();
    let tags = wire.tags.into_iter();
    Ok(CreateToken {
        hash,
        roles: roles
            .map(|it| required(constant::role(it)?, "roles"))
            .collect::<Result<_, _>>()?,
        tags: tags.map(|it| text(it, "tags")).collect::<Result<_, _>>()?,
        label: text_or_none(wire.label, "label")?,
        expires: (wire.expires_at_ms != 0).then_some(Timestamp(wire.expires_at_ms)),
    })
}
