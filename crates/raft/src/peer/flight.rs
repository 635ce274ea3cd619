//! Requests on their way to one follower: a bounded number of bytes, whatever the network and its
//! buffers would take.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Bytes on their way at which no more is sent.
const BYTES_MAX: usize = 8 << 20;

/// See the module. For one sender and one receiver of answers, which come in order.
#[derive(Debug, Default)]
pub(super) struct Flight {
    requests: Mutex<Requests>,
    answered: Notify,
}

#[derive(Debug, Default)]
struct Requests {
    /// Of each one without an answer.
    bytes: VecDeque<usize>,
    total: usize,
    /// There are no more to be sent.
    ended: bool,
}

impl Flight {
    /// Returns once another request may be sent.
    pub(super) async fn room(&self) {
        while self.requests().total >= BYTES_MAX {
            // Keeps a word that was given before.
            self.answered.notified().await;
        }
    }

    /// A request was sent.
    pub(super) fn sent(&self, bytes: usize) {
        let mut requests = self.requests();
        requests.bytes.push_back(bytes);
        requests.total += bytes;
    }

    /// All requests there are were sent.
    pub(super) fn ended(&self) {
        self.requests().ended = true;
    }

    /// The oldest request was answered.
    pub(super) fn answered(&self) {
        let mut requests = self.requests();
        let bytes = requests.bytes.pop_front().unwrap_or(0);
        requests.total -= bytes;
        drop(requests);
        self.answered.notify_one();
    }

    /// Whether any request has no answer.
    pub(super) fn is_open(&self) -> bool {
        !self.requests().bytes.is_empty()
    }

    /// Whether all requests were sent, and answered.
    pub(super) fn is_over(&self) -> bool {
        let requests = self.requests();
        requests.ended && requests.bytes.is_empty()
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        // Nothing in here panics halfway through a change.
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn what_is_on_its_way_is_bounded() {
        let flight = Flight::default();
        flight.sent(BYTES_MAX - 1);
        assert!(flight.room().now_or_never().is_some());
        flight.sent(5);
        let mut waiting = Box::pin(flight.room());
        assert!(waiting.as_mut().now_or_never().is_none());
        flight.answered();
        assert!(waiting.now_or_never().is_some());
        assert!(flight.is_open());
        flight.answered();
        assert!(!flight.is_open());
    }
}
