//! The desk: what waits for an entry, and what is on its way. Callers, the batcher, and those who
//! know what became of commands meet here.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_core::time::Timestamp;
use ackord_raft::failpoint::Faults;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::caller::Caller;
use crate::cluster_clock::Clocks;
use crate::error::ProposeError;
use crate::forwarding::Forwarding;
use crate::metrics::Metrics;
use crate::options::{Options, RETRY_AFTER};
use crate::proposing::Proposing;
use crate::queue::{Full, Load, Queue};
use crate::stamp::{Reading, Stamper};
use crate::unit::{Arrived, ENTRY_MAX, Encoded, Unit};

/// How long a stopping node waits for what is on its way; what is left then is unknown.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug)]
pub(crate) struct Desk {
    /// Tells this process from earlier ones of the node.
    pub(crate) run: u64,
    waiting: Mutex<Waiting>,
    arrivals: AtomicU64,
    /// Something waits. For one waiter: the batcher.
    changed: Notify,
    /// Something waits. For one waiter: the one that looks how long.
    pub(crate) filled: Notify,
    /// Whoever leads has just refused something: it may not know yet that it does not lead.
    refused: AtomicBool,
    pub(crate) proposing: Proposing,
    pub(crate) forwarding: Forwarding,
    pub(crate) clocks: Clocks,
    stamper: Mutex<Option<(u64, Stamper)>>,
    pub(crate) faults: Faults,
    pub(crate) metrics: Metrics,
}

#[derive(Debug)]
struct Waiting {
    queue: Queue<Unit>,
    closed: bool,
}

impl Desk {
    pub(crate) fn new(options: &Options, run: u64) -> Self {
        Self {
            run,
            waiting: Mutex::new(Waiting {
                queue: Queue::new(options.queue),
                closed: false,
            }),
            arrivals: AtomicU64::new(0),
            changed: Notify::new(),
            filled: Notify::new(),
            refused: AtomicBool::new(false),
            proposing: Proposing::default(),
            forwarding: Forwarding::default(),
            clocks: Clocks::new(Arc::clone(&options.clock), options.raft.node),
            stamper: Mutex::default(),
            faults: options.raft.faults.clone(),
            metrics: Metrics::default(),
        }
    }

    /// Lets commands wait for an entry, or answers at once if there is no room.
    pub(crate) fn submit(&self, commands: Vec<Encoded>, caller: Caller) {
        let unit = Unit {
            commands,
            caller,
            arrived: Arrived {
                number: self.arrivals.fetch_add(1, Ordering::Relaxed),
                when: Instant::now(),
            },
        };
        let (owner, load) = (unit.owner(), unit.load());
        let mut waiting = self.waiting();
        if waiting.closed {
            drop(waiting);
            return unit.fail(ProposeError::ShuttingDown);
        }
        let full = waiting.queue.push(owner, load, unit);
        drop(waiting);
        match full {
            Ok(()) => {
                self.changed.notify_one();
                self.filled.notify_one();
            }
            Err(Full(unit)) => unit.fail(ProposeError::Overloaded {
                retry_after: RETRY_AFTER,
            }),
        }
    }

    /// Takes units back that are not in the log, because whoever was to lead does not: those of
    /// this node wait on, in the places they had; other nodes are told to look for the leader.
    pub(crate) fn take_back(&self, units: Vec<Unit>) {
        self.refused.store(true, Ordering::Relaxed);
        let (here, there): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(Unit::is_of_here);
        let mut waiting = self.waiting();
        let closed = waiting.closed;
        let mut refused = there;
        if closed {
            refused.extend(here);
        } else {
            for unit in here {
                let (owner, load, number) = (unit.owner(), unit.load(), unit.arrived.number);
                let later = |it: &Unit| it.arrived.number > number;
                waiting.queue.put_back(owner, load, unit, later);
            }
        }
        drop(waiting);
        for unit in refused {
            unit.fail(if closed {
                ProposeError::ShuttingDown
            } else {
                ProposeError::NotLeader { leader: None }
            });
        }
        self.changed.notify_one();
        self.filled.notify_one();
    }

    /// Whether something was taken back since the last call.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.swap(false, Ordering::Relaxed)
    }

    /// What to send next, and the permit for it. May be dropped and called again.
    pub(crate) async fn next(&self, slots: &Arc<Semaphore>) -> (Vec<Unit>, OwnedSemaphorePermit) {
        loop {
            let slot = Arc::clone(slots).acquire_owned().await;
            let slot = slot.expect("slots are never closed");
            let units = self.waiting().queue.take(ENTRY_MAX);
            if !units.is_empty() {
                return (units, slot);
            }
            drop(slot);
            self.changed.notified().await;
        }
    }

    /// How much waits.
    pub(crate) fn load(&self) -> Load {
        self.waiting().queue.load()
    }

    /// Since when the unit waits that has waited longest.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        let waiting = self.waiting();
        waiting.queue.heads().map(|it| it.arrived.when).min()
    }

    /// Takes the units that wait since `then` or longer.
    pub(crate) fn take_overdue(&self, then: Instant) -> Vec<Unit> {
        let overdue = |it: &Unit| it.arrived.when <= then;
        self.waiting().queue.take_heads_if(overdue)
    }

    /// Whether log time cannot begin yet: it begins with what the clocks of a quorum say. `applied`
    /// is the latest stamp.
    pub(crate) fn awaits_clock(&self, applied: Timestamp) -> bool {
        applied == Timestamp(0) && self.median(self.clocks.read()).is_none()
    }

    /// Log time, as this node would stamp it now in `term`.
    pub(crate) fn now(&self, term: u64, applied: Timestamp) -> Timestamp {
        let now = self.clocks.read();
        let median = self.median(now);
        let mut stamper = self.stamper.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *stamper {
            Some((of, stamper)) if *of == term => stamper.stamp(applied, now.monotonic, median),
            other => {
                let (_, stamper) = other.insert((term, Stamper::begin(applied, now.monotonic)));
                stamper.stamp(applied, now.monotonic, median)
            }
        }
    }

    fn median(&self, now: Reading) -> Option<Duration> {
        self.clocks.cluster().median(now)
    }

    /// Takes nothing more and refuses what waits; returns once nothing is on its way.
    pub(crate) async fn close(&self) {
        for unit in self.refuse_more() {
            unit.fail(ProposeError::ShuttingDown);
        }
        let drained = async {
            self.proposing.drained().await;
            self.forwarding.drained().await;
        };
        if timeout(DRAIN_MAX, drained).await.is_err() {
            tracing::warn!("stopping with commands on their way: their callers do not know");
            self.give_up();
        }
    }

    /// Tells everybody whose commands are on their way that nobody knows.
    pub(crate) fn give_up(&self) {
        self.proposing.give_up();
        self.forwarding.give_up();
    }

    fn refuse_more(&self) -> Vec<Unit> {
        let mut waiting = self.waiting();
        waiting.closed = true;
        waiting.queue.take_heads_if(|_| true)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
