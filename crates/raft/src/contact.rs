//! How long ago this node was in touch with the group: what it knows may be outdated by that much.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use openraft::async_runtime::{Instant as _, WatchReceiver};
use openraft::type_config::alias::WatchReceiverOf;
use openraft::{RaftMetrics, ServerState};
use tokio::time::Instant;

use crate::failpoint::{Bug, Faults};
use crate::handle::RaftHandle;
use crate::types::TypeConfig;

/// When this node was in touch.
pub(crate) struct Contact {
    /// When a leader was, as far as it was heard here.
    heard: Mutex<Option<Instant>>,
    metrics: OnceLock<WatchReceiverOf<TypeConfig, RaftMetrics<TypeConfig>>>,
    faults: Faults,
}

impl Contact {
    /// No leader was heard.
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            heard: Mutex::default(),
            metrics: OnceLock::new(),
            faults,
        }
    }

    /// From now on it is known whether this node leads, and who answers it.
    pub(crate) fn watch(&self, metrics: WatchReceiverOf<TypeConfig, RaftMetrics<TypeConfig>>) {
        // There is one raft.
        let _first = self.metrics.set(metrics);
    }

    /// A leader that was heard was in touch at this time.
    pub(crate) fn heard(&self, at: Instant) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard = (*heard).max(Some(at));
    }

    fn last(&self) -> Option<Instant> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago this node was in touch; see [`RaftHandle::contact`].
    pub(crate) fn age(&self) -> Option<Duration> {
        if self.faults.has(Bug::NeverStale) {
            return Some(Duration::ZERO);
        }
        let heard = self.last().map(|it| it.elapsed());
        let Some(metrics) = self.metrics.get() else {
            return heard;
        };
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

    /// The same in milliseconds, as a leader tells it.
    pub(crate) fn age_ms(&self) -> u64 {
        let millis = |it: Duration| u64::try_from(it.as_millis()).ok();
        self.age().and_then(millis).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contact").field(&self.last()).finish()
    }
}

/// As of when those messages of a stream are that are not yet answered: since when their leader was in
/// touch. An answer may wait for the disk for long, and what it says is not known any longer for that.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<VecDeque<Option<Instant>>>);

impl Arrivals {
    /// A message has come now, of a leader that was in touch so many milliseconds ago; the greatest
    /// number: not yet.
    pub(crate) fn came(&self, contact_ms: u64) {
        let age = (contact_ms != u64::MAX).then(|| Duration::from_millis(contact_ms));
        let at = age.and_then(|it| Instant::now().checked_sub(it));
        self.all().push_back(at);
    }

    /// As of when the message is that is answered now: answers go in the order of the messages. None:
    /// its leader was not in touch yet.
    pub(crate) fn answered(&self) -> Option<Instant> {
        self.all().pop_front().flatten()
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Option<Instant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RaftHandle {
    /// How long ago this node was in touch with the group; none: not since it started. For a
    /// leader that is when it sent what a quorum has answered since, for all others when the leader that
    /// they hear was in touch: one that has lost the others goes on, and is heard from time to time.
    pub fn contact(&self) -> Option<Duration> {
        self.inner.contact.age()
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
        slow.came(0);
        quick.came(0);
        let first = slow.answered().expect("its leader is in touch");
        let second = quick.answered().expect("its leader is in touch");
        contact.heard(second);
        contact.heard(first);
        assert_eq!(contact.last(), Some(second));
    }

    #[test]
    fn answers_go_in_the_order_of_the_messages() {
        let stream = Arrivals::default();
        stream.came(0);
        let between = Instant::now();
        stream.came(0);
        assert!(stream.answered() <= Some(between));
        assert!(stream.answered() >= Some(between));
        assert_eq!(stream.answered(), None);
    }

    #[test]
    fn who_hears_a_leader_is_as_much_in_touch_as_that_is() {
        let stream = Arrivals::default();
        let before = Instant::now();
        stream.came(5);
        stream.came(u64::MAX);
        let five = Duration::from_millis(5);
        let at = stream.answered().expect("its leader was in touch") + five;
        assert!(before <= at && at <= Instant::now());
        assert_eq!(stream.answered(), None, "it was not yet");
    }

    #[test]
    fn who_was_never_in_touch_says_so() {
        let contact = Contact::new(Faults::default());
        assert_eq!(contact.age_ms(), u64::MAX);
        contact.heard(Instant::now());
        assert_ne!(contact.age_ms(), u64::MAX);
    }
}
