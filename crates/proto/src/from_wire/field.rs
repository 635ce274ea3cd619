//! Single fields: texts and ids.

use std::str::FromStr;

use ackord_core::id::IdError;
use ackord_core::text::{EventType, Tag};

use super::{FieldError, FieldFault};
use crate::text::Text;

/// A text that must be there.
pub(super) fn text<T: Text>(text: String, field: &str) -> Result<T, FieldError> {
    if text.is_empty() {
        return Err(FieldError::new(field, FieldFault::Missing));
    }
    T::take(text).map_err(|it| FieldError::new(field, FieldFault::Rule(it.rule)))
}

/// A text that may be there; empty: it is not.
pub(super) fn text_or_none<T: Text>(it: String, field: &str) -> Result<Option<T>, FieldError> {
    if it.is_empty() {
        Ok(None)
    } else {
        text(it, field).map(Some)
    }
}

/// A message that must be there.
pub(super) fn required<T>(message: Option<T>, field: &str) -> Result<T, FieldError> {
    message.ok_or_else(|| FieldError::new(field, FieldFault::Missing))
}

/// An id of a kind of thing, such as [`ackord_core::id::EventId`].
///
/// # Errors
/// The text is empty or not an id of that kind.
pub fn id<T: FromStr<Err = IdError>>(text: &str, field: &str) -> Result<T, FieldError> {
    if text.is_empty() {
        return Err(FieldError::new(field, FieldFault::Missing));
    }
    text.parse()
        .map_err(|it: IdError| FieldError::new(field, FieldFault::Id(it.prefix)))
}

/// The same where an empty text says that there is none.
///
/// # Errors
/// The text is not an id of that kind.
pub fn id_or_none<T: FromStr<Err = IdError>>(
    text: &str,
    field: &str,
) -> Result<Option<T>, FieldError> {
    if text.is_empty() {
        Ok(None)
    } else {
        id(text, field).map(Some)
    }
}

/// Names a queue; none: the untagged one.
///
/// # Errors
/// It is not a tag.
pub fn tag(tag: String) -> Result<Option<Tag>, FieldError> {
    text_or_none(tag, "tag")
}

/// A filter by queue; outer none: all queues, inner none: the untagged one.
///
/// # Errors
/// It is not a tag.
pub fn tag_filter(filter: Option<String>) -> Result<Option<Option<Tag>>, FieldError> {
    filter.map(tag).transpose()
}

/// A filter by event type; none: all.
///
/// # Errors
/// It is not an event type.
pub fn event_type(filter: String) -> Result<Option<EventType>, FieldError> {
    text_or_none(filter, "event_type")
}
