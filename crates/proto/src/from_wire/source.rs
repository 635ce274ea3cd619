//! Sources and their secrets.

use ackord_core::text::{SecretName, Slug};

use super::field::{text, text_or_none};
use super::{FieldError, FieldFault};

/// Longest secret, in bytes.
const SECRET_BYTES_MAX: usize = 4096;

/// Names a source in its team.
///
/// # Errors
/// It is not such a name.
pub fn slug(wire: String) -> Result<Slug, FieldError> {
    text(wire, "slug")
}

/// Names a secret in its source; none: it is given a name.
///
/// # Errors
/// It is not such a name.
pub fn secret_name(wire: String) -> Result<Option<SecretName>, FieldError> {
    text_or_none(wire, "secrets.name")
}

/// Whether this may be a secret.
///
/// # Errors
/// It is empty or too long. The error does not tell the secret.
pub fn secret_value(value: &[u8]) -> Result<(), FieldError> {
    let fault = match value.len() {
        0 => FieldFault::Missing,
        1..=SECRET_BYTES_MAX => return Ok(()),
        _ => FieldFault::TooLarge {
            bytes_max: SECRET_BYTES_MAX,
        },
    };
    Err(FieldError::new("secrets.value", fault))
}
