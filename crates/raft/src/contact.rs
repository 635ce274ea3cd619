//! How long ago this node was in touch with the group: what it knows may be outdated by that much.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use openraft::ServerState;
use openraft::async_runtime::{Instant as _, WatchReceiver};
use tokio::time::Instant;

use crate::failpoint::{Bug, Faults};
use crate::handle::RaftHandle;

/// When a leader was heard last.
#[derive(Debug)]
pub(crate) struct Contact {
    heard: Mutex<Option<Instant>>,
    faults: Faults,
}

impl Contact {
    /// No leader was heard.
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            heard: Mutex::default(),
            faults,
        }
    }

    /// A leader was heard now.
    pub(crate) fn heard(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn age(&self) -> Option<Duration> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map(|it| it.elapsed())
    }
}

impl RaftHandle {
    /// How long ago this node was in touch with the group; none: not since it started. For a
    /// leader that is when it sent what a quorum has answered since, for all others when they
    /// heard a leader.
    pub fn contact(&self) -> Option<Duration> {
        if self.inner.contact.faults.has(Bug::NeverStale) {
            return Some(Duration::ZERO);
        }
        let heard = self.inner.contact.age();
        let metrics = self.inner.raft.metrics();
        let metrics = metrics.borrow_watched();
        if metrics.state != ServerState::Leader {
            return heard;
        }
        let mut voters = metrics.membership_config.membership().voter_ids();
        if voters.all(|it| it == metrics.id) {
            return Some(Duration::ZERO);
        }
        let acked = metrics.last_quorum_acked.as_ref().map(|it| it.elapsed());
        match (acked, heard) {
            (Some(acked), Some(heard)) => Some(acked.min(heard)),
            (either, other) => either.or(other),
        }
    }

    /// Whether this node was not in touch with the group for so long.
    pub fn is_out_of_touch(&self, limit: Duration) -> bool {
        self.contact().is_none_or(|it| it >= limit)
    }
}
