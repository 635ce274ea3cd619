//! The event that an index row points to. Flat, because every ready event has one.

use ackord_core::id::EventId;
use prost::Message;

use crate::decode_error::DecodeError;
use crate::form::{halves, join, read_form};
use crate::stored;

/// The row as bytes.
pub(super) fn write(event: EventId) -> Vec<u8> {
    let (high, low) = halves(event.0);
    stored::EventRef { high, low }.encode_to_vec()
}

/// The row of these bytes.
pub(super) fn read(bytes: &[u8]) -> Result<EventId, DecodeError> {
    let form: stored::EventRef = read_form(bytes, "event ref")?;
    Ok(EventId(join(form.high, form.low)))
}
