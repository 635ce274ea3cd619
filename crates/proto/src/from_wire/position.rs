//! "At least this position."

use ackord_core::time::Position;

use super::{FieldError, FieldFault};
use crate::to_wire::Log;
use crate::v1;

/// The position that a read must have seen; none if it need not wait: none is stated, or the
/// stated one is older than the last restore of this cluster from a backup.
///
/// # Errors
/// The position is of another log, or of a future one.
pub fn at_least(stated: Option<v1::Position>, log: Log) -> Result<Option<Position>, FieldError> {
    let Some(stated) = stated else {
        return Ok(None);
    };
    if stated.group != log.group || stated.epoch > log.epoch {
        let fault = FieldFault::Rule("a position of this cluster");
        return Err(FieldError::new("at_least", fault));
    }
    let is_present = stated.epoch == log.epoch;
    Ok(is_present.then_some(Position {
        index: stated.index,
        offset: 0,
    }))
}
