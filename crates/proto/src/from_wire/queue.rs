//! Settings and mode of a queue.

use ackord_core::command::{SetMode, SetQueue};
use ackord_core::model::{Mode, QueueSettings};
use ackord_core::time::Millis;

use super::FieldError;
use super::field::{required, tag};
use crate::v1;

/// Replaces all settings of a queue.
///
/// # Errors
/// A field breaks a rule.
pub fn set_queue(wire: v1::SetQueueRequest) -> Result<SetQueue, FieldError> {
    Ok(SetQueue {
        tag: tag(wire.tag)?,
        settings: settings(required(wire.settings, "settings")?),
        revision: wire.revision,
    })
}

/// Activates, pauses or drains a queue.
///
/// # Errors
/// It is not a tag.
pub fn set_mode(queue: String, mode: Mode) -> Result<SetMode, FieldError> {
    Ok(SetMode {
        tag: tag(queue)?,
        mode,
    })
}

/// Zero stands for the default.
fn settings(wire: v1::QueueSettings) -> QueueSettings {
    let default = QueueSettings::default();
    let millis = |stated: u64, default| if stated == 0 { default } else { Millis(stated) };
    QueueSettings {
        lease: millis(wire.lease_ms, default.lease),
        claim_limit: millis(wire.claim_limit_ms, default.claim_limit),
        lease_cap: millis(wire.lease_cap_ms, default.lease_cap),
        attempts: if wire.attempts == 0 {
            default.attempts
        } else {
            wire.attempts
        },
        strict: wire.strict,
        leases_per_minute: (wire.leases_per_minute != 0).then_some(wire.leases_per_minute),
    }
}
