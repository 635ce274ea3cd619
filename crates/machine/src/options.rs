//! What can be set about the machine.

use std::sync::Arc;
use std::time::Duration;

use crate::{Bounds, Clock, SystemClock};

/// How long a caller that found the queue full should wait: some entries are through by then.
pub(crate) const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Options of the machine on one node.
#[derive(Debug, Clone)]
pub struct Options {
    /// The group that replicates it.
    pub raft: ackord_raft::Options,
    /// What may wait for an entry. What does not fit is refused as overload.
    pub queue: Bounds,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// The defaults for a node.
    pub fn new(node: u64) -> Self {
        Self {
            raft: ackord_raft::Options::new(node),
            queue: Bounds {
                commands: 1 << 16,
                bytes: 64 << 20,
            },
            clock: Arc::new(SystemClock::default()),
        }
    }
}
