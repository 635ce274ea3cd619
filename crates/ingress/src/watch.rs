//! Whether a connection is of use: what HTTP leaves open for ever has an end here.
//!
//! A connection is in one of three states. *Serving*: requests are under way, each of which has an
//! end of its own. *Idle*: nothing is asked. *Asking*: the header of a request has begun, or the first
//! of all is due.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Why a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expired {
    /// A header takes too long.
    Head,
    /// Nothing was asked for long.
    Idle,
}

/// Watches a connection. Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Watch(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    now: Mutex<Now>,
    changed: Notify,
}

#[derive(Debug)]
struct Now {
    head: Duration,
    idle: Duration,
    state: State,
    since: Instant,
    /// The caller speaks HTTP/2, where bytes need not belong to a request.
    multiplexed: bool,
    /// A request was answered before it had been heard out.
    cut_short: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Asking,
    Serving(usize),
    Idle,
}

/// A request under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Served(Watch);

impl Watch {
    /// Of a connection that begins now.
    pub(crate) fn new(head: Duration, idle: Duration) -> Self {
        Self(Arc::new(Shared {
            now: Mutex::new(Now {
                head,
                idle,
                state: State::Asking,
                since: Instant::now(),
                multiplexed: false,
                cut_short: false,
            }),
            changed: Notify::new(),
        }))
    }

    /// Bytes have come.
    pub(crate) fn heard(&self) {
        let mut now = self.now();
        if now.state == State::Idle && !now.multiplexed {
            now.enter(State::Asking);
            drop(now);
            self.0.changed.notify_one();
        }
    }

    /// The header of a request is whole.
    pub(crate) fn serve(&self, multiplexed: bool) -> Served {
        let mut now = self.now();
        now.multiplexed = multiplexed;
        let others = match now.state {
            State::Serving(others) => others,
            State::Asking | State::Idle => 0,
        };
        now.enter(State::Serving(others + 1));
        drop(now);
        Served(self.clone())
    }

    /// A request was answered before it had been heard out.
    pub(crate) fn cut_short(&self) {
        self.now().cut_short = true;
    }

    /// Whether one was.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.now().cut_short
    }

    /// From now on the connection is of use only for what is under way, and for `rest` after it.
    pub(crate) fn hurry(&self, rest: Duration) {
        let mut now = self.now();
        (now.head, now.idle) = (rest, rest);
        let state = now.state;
        now.enter(state);
        drop(now);
        self.0.changed.notify_one();
    }

    /// Returns when the connection is of no use any more.
    pub(crate) async fn expired(&self) -> Expired {
        loop {
            let changed = self.0.changed.notified();
            let Some((at, why)) = self.deadline() else {
                changed.await;
                continue;
            };
            if at <= Instant::now() {
                return why;
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = sleep_until(at) => {}
            }
        }
    }

    fn deadline(&self) -> Option<(Instant, Expired)> {
        let now = self.now();
        match now.state {
            State::Serving(_) => None,
            State::Asking => Some((now.since + now.head, Expired::Head)),
            State::Idle => Some((now.since + now.idle, Expired::Idle)),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    fn enter(&mut self, state: State) {
        self.state = state;
        self.since = Instant::now();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let mut now = self.0.now();
        let next = match now.state {
            State::Serving(others @ 2..) => State::Serving(others - 1),
            State::Serving(_) | State::Asking | State::Idle => State::Idle,
        };
        now.enter(next);
        drop(now);
        self.0.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Duration = Duration::from_millis(10);
    const IDLE: Duration = Duration::from_millis(40);

    #[tokio::test]
    async fn a_connection_that_asks_nothing_ends_as_a_slow_header() {
        assert_eq!(Watch::new(HEAD, IDLE).expired().await, Expired::Head);
    }

    #[tokio::test]
    async fn after_an_answer_a_connection_may_rest_but_not_ask_slowly() {
        let watch = Watch::new(HEAD, IDLE);
        drop(watch.serve(false));
        assert_eq!(watch.expired().await, Expired::Idle);
        watch.heard();
        assert_eq!(watch.expired().await, Expired::Head);
    }

    #[tokio::test]
    async fn bytes_between_requests_mean_nothing_in_http2() {
        let watch = Watch::new(HEAD, IDLE);
        drop(watch.serve(true));
        watch.heard();
        assert_eq!(watch.expired().await, Expired::Idle);
    }

    #[tokio::test]
    async fn a_request_under_way_keeps_its_connection() {
        let watch = Watch::new(HEAD, IDLE);
        let (one, two) = (watch.serve(true), watch.serve(true));
        drop(one);
        assert_eq!(watch.deadline(), None);
        drop(two);
        assert_eq!(watch.expired().await, Expired::Idle);
    }
}
