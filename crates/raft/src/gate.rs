//! A mark that log indices pass in order, and whoever waits for one of them.
//!
//! Waiters wake in the order of what they wait for, then of their coming. tokio's watch channel
//! would do the same work, but wakes its waiters in an order that a simulation cannot repeat.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The first index that has not passed.
    next: u64,
    tickets: u64,
    waiting: BTreeMap<Ticket, oneshot::Sender<()>>,
}

/// What is waited for, and when the waiting began.
type Ticket = (u64, u64);

impl Gate {
    /// A gate that every index below `next` has passed.
    pub(crate) fn new(next: u64) -> Self {
        Self {
            inner: Mutex::new(Inner {
                next,
                ..Inner::default()
            }),
        }
    }

    /// The first index that has not passed.
    pub(crate) fn next(&self) -> u64 {
        self.lock().next
    }

    /// Lets every index below `next` pass.
    pub(crate) fn open(&self, next: u64) {
        let mut inner = self.lock();
        if next <= inner.next {
            return;
        }
        inner.next = next;
        let later = inner.waiting.split_off(&(next, 0));
        let passed = std::mem::replace(&mut inner.waiting, later);
        drop(inner);
        for (_, waiter) in passed {
            // Whoever waited may be gone.
            let _ = waiter.send(());
        }
    }

    /// Takes back what was not final: indices from `next` on have not passed.
    pub(crate) fn close(&self, next: u64) {
        let mut inner = self.lock();
        inner.next = inner.next.min(next);
    }

    /// Returns once `index` has passed. May be dropped at any time.
    pub(crate) async fn passed(&self, index: u64) {
        let Some((ticket, woken)) = self.enter(index) else {
            return;
        };
        let place = Place { gate: self, ticket };
        // The sender lives in the gate until the index passes.
        let _ = woken.await;
        drop(place);
    }

    fn enter(&self, index: u64) -> Option<(Ticket, oneshot::Receiver<()>)> {
        let mut inner = self.lock();
        if index < inner.next {
            return None;
        }
        let (waiter, woken) = oneshot::channel();
        let ticket = (index, inner.tickets);
        inner.tickets += 1;
        inner.waiting.insert(ticket, waiter);
        Some((ticket, woken))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics halfway through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those who wait: given up when dropped.
struct Place<'a> {
    gate: &'a Gate,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gate.lock().waiting.remove(&self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn what_has_passed_is_not_waited_for() {
        let gate = Gate::new(5);
        assert!(gate.passed(4).now_or_never().is_some());
        assert!(gate.passed(5).now_or_never().is_none());
    }

    #[test]
    fn opening_wakes_only_those_below() {
        let gate = Gate::new(0);
        let mut near = Box::pin(gate.passed(3));
        let mut far = Box::pin(gate.passed(4));
        assert!(near.as_mut().now_or_never().is_none());
        assert!(far.as_mut().now_or_never().is_none());
        gate.open(4);
        assert!(near.now_or_never().is_some());
        assert!(far.now_or_never().is_none());
    }

    #[test]
    fn who_gives_up_leaves_nothing_behind() {
        let gate = Gate::new(0);
        let mut waiting = Box::pin(gate.passed(u64::MAX));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(gate.lock().waiting.len(), 1);
        drop(waiting);
        assert!(gate.lock().waiting.is_empty());
    }

    #[test]
    fn opening_less_far_changes_nothing() {
        let gate = Gate::new(7);
        gate.open(3);
        assert_eq!(gate.next(), 7);
        gate.close(5);
        assert_eq!(gate.next(), 5);
    }
}
