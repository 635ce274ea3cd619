//! "Begin this large work."

use ackord_core::command::StartJob;

use crate::decode_error::DecodeError;
use crate::form::{Coded, Stored, code_or_zero, constant, constant_or_none, text_or_none};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for StartJob {
    type Form = stored::StartJob;

    fn store(&self) -> stored::StartJob {
        stored::StartJob {
            kind: self.kind.code(),
            tag: self.tag.as_ref().map(|it| owned_or_empty(it.as_ref())),
            cause: code_or_zero(self.cause.as_ref()),
            event_type: owned_or_empty(self.event_type.as_ref()),
        }
    }

    fn load(form: stored::StartJob) -> Result<Self, DecodeError> {
        Ok(Self {
            kind: constant(form.kind, "kind")?,
            tag: form.tag.map(|it| text_or_none(it, "tag")).transpose()?,
            cause: constant_or_none(form.cause, "cause")?,
            event_type: text_or_none(form.event_type, "event_type")?,
        })
    }
}
