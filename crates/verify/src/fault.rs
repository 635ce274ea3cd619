//! What is wrong with a definition.

use ackord_proto::{FieldError, FieldFault};

/// `field` must be there.
pub(crate) fn missing(field: impl Into<String>) -> FieldError {
    FieldError {
        field: field.into(),
        fault: FieldFault::Missing,
    }
}

/// `field` must be what `rule` says.
pub(crate) fn rule(field: impl Into<String>, rule: &'static str) -> FieldError {
    FieldError {
        field: field.into(),
        fault: FieldFault::Rule(rule),
    }
}

/// `field` has no such constant.
pub(crate) fn constant(field: impl Into<String>, code: i32) -> FieldError {
    FieldError {
        field: field.into(),
        fault: FieldFault::Constant(code),
    }
}

/// `field` has as many things as it may have.
pub(crate) fn count<T>(
    field: &str,
    things: &[T],
    allowed: std::ops::RangeInclusive<usize>,
    said: &'static str,
) -> Result<(), FieldError> {
    match allowed.contains(&things.len()) {
        true => Ok(()),
        false => Err(rule(field, said)),
    }
}

/// The name of a header, in lower case.
pub(crate) fn header(field: &str, name: &str) -> Result<String, FieldError> {
    let is_token = |it: u8| it.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&it);
    match (1..=64).contains(&name.len()) && name.bytes().all(is_token) {
        true => Ok(name.to_ascii_lowercase()),
        false => Err(rule(field, "the name of a header: 1 to 64 bytes")),
    }
}
