//! Large work to begin.

use ackord_core::command::StartJob;

use super::field::{event_type, required, tag_filter};
use super::{FieldError, constant};
use crate::v1;

/// Begins work on many events.
///
/// # Errors
/// A field breaks a rule.
pub fn start_job(wire: v1::StartJobRequest) -> Result<StartJob, FieldError> {
    Ok(StartJob {
        kind: required(constant::job_kind(wire.kind)?, "kind")?,
        tag: tag_filter(wire.tag)?,
        cause: constant::dead_cause(wire.cause)?,
        event_type: event_type(wire.event_type)?,
    })
}
