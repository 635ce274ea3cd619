//! How long ago this node was in touch with the group: what it knows may be outdated by that much.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
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

    /// What came at this time was a leader's.
    pub(crate) fn heard(&self, at: Instant) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard = (*heard).max(Some(at));
    }

    fn last(&self) -> Option<Instant> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When those messages of a stream came that are not yet answered. An answer may wait for the disk
/// for long, and what it says is known since its message came.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<VecDeque<Instant>>);

impl Arrivals {
    /// A message has come now.
    pub(crate) fn came(&self) {
        self.all().push_back(Instant::now());
    }

    /// When the message came that is answered now: answers go in the order of the messages.
    pub(crate) fn answered(&self) -> Option<Instant> {
        self.all().pop_front()
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let heard = self.inner.contact.last().map(|it| it.elapsed());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_disk_is_slow_was_in_touch_when_the_message_came() {
        let contact = Contact::new(Faults::default());
        let (slow, quick) = (Arrivals::default(), Arrivals::default());
        slow.came();
        quick.came();
        let first = slow.answered().expect("it came");
        let second = quick.answered().expect("it came");
        contact.heard(second);
        contact.heard(first);
        assert_eq!(contact.last(), Some(second));
    }

    #[test]
    fn answers_go_in_the_order_of_the_messages() {
        let stream = Arrivals::default();
        stream.came();
        let between = Instant::now();
        stream.came();
        assert!(stream.answered() <= Some(between));
        assert!(stream.answered() >= Some(between));
        assert_eq!(stream.answered(), None);
    }
}
