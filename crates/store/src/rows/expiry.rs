//! Expiry of dedup rows: what compaction asks of each. Deleting them by command would double the
//! writes of a submit; so they are judged by whoever reads them, and dropped when they are met.

use ackord_core::id::TeamId;
use ackord_core::model::DedupKey;
use ackord_core::rows::{Key, Row};

use super::value;

/// Whether a value of family `dedup` has expired by `horizon`, in milliseconds of log time. What
/// cannot be read is kept: reading it is where the damage is told.
pub(crate) fn is_past(value: &[u8], horizon: u64) -> bool {
    // A dedup row does not say whose it is, so any key reads it.
    let key = Key::Dedup(TeamId(0), DedupKey(0));
    match value::decode(&key, value) {
        Ok(Row::Dedup(dedup)) => dedup.expires.0 <= horizon,
        Ok(_) | Err(_) => false,
    }
}
