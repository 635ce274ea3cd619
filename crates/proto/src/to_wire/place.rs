//! Places in the log.

use ackord_core::command::Fence;
use ackord_core::time::Position;

use crate::v1;

/// The log that positions are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// Counts restores of the cluster from a backup.
    pub epoch: u64,
    /// The Raft group.
    pub group: u64,
}

impl Log {
    /// The position of an entry of this log, or of something within it.
    #[must_use]
    pub const fn position(self, position: Position) -> v1::Position {
        v1::Position {
            epoch: self.epoch,
            group: self.group,
            index: position.index,
        }
    }
}

/// Names a delivery.
#[must_use]
pub fn fence(fence: Fence) -> v1::Fence {
    v1::Fence {
        event_id: fence.event.to_string(),
        delivery: fence.delivery,
    }
}
