//! The batcher: makes entries of what callers ask for. It never waits for more: an entry is what
//! has gathered while a few earlier ones were on their way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_core::FORMAT;
use ackord_core::command::Entry;
use ackord_core::time::Timestamp;
use ackord_raft::failpoint::{Faults, Point};
use ackord_raft::{Proposal, RaftHandle};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::Clock;
use crate::error::ProposeError;
use crate::options::{Options, RETRY_AFTER};
use crate::queue::{Full, Queue};
use crate::stamp::Stamper;
use crate::unit::{Callers, ENTRY_MAX, Unit};

/// Entries on their way at the same time: one being synced, one being applied, and some to keep
/// both busy. More would make entries smaller, not faster.
const IN_FLIGHT_MAX: usize = 4;

/// How long a stopping node waits for what is on its way; what is left then is unknown.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// What callers and the batcher share.
#[derive(Debug)]
pub(crate) struct Desk {
    waiting: Mutex<Waiting>,
    /// For one waiter: the batcher.
    changed: Notify,
    /// A permit for each entry that may be on its way. Closed last, when the node stops.
    in_flight: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
    stamper: Mutex<Option<(u64, Stamper)>>,
    faults: Faults,
}

#[derive(Debug)]
struct Waiting {
    queue: Queue<Unit>,
    closed: bool,
}

impl Desk {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                queue: Queue::new(options.queue),
                closed: false,
            }),
            changed: Notify::new(),
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
            clock: Arc::clone(&options.clock),
            stamper: Mutex::default(),
            faults: options.raft.faults.clone(),
        }
    }

    /// Lets a unit wait for an entry, or answers it at once if there is no room.
    pub(crate) fn submit(&self, unit: Unit) {
        let (owner, load) = (unit.owner(), unit.load());
        let mut waiting = self.waiting();
        if waiting.closed {
            return unit.fail(ProposeError::ShuttingDown);
        }
        match waiting.queue.push(owner, load, unit) {
            Ok(()) => self.changed.notify_one(),
            Err(Full(unit)) => unit.fail(ProposeError::Overloaded {
                retry_after: RETRY_AFTER,
            }),
        }
    }

    /// Log time, as this node would stamp it now in `term`.
    pub(crate) fn now(&self, term: u64, applied: Timestamp) -> Timestamp {
        let now = self.clock.read();
        let mut stamper = self.stamper.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *stamper {
            Some((of, stamper)) if *of == term => stamper.stamp(applied, now),
            other => {
                let (_, stamper) = other.insert((term, Stamper::begin(applied, now)));
                stamper.stamp(applied, now)
            }
        }
    }

    /// Takes nothing more and refuses what waits; returns once nothing is on its way.
    pub(crate) async fn close(&self) {
        for unit in self.refuse_more() {
            unit.fail(ProposeError::ShuttingDown);
        }
        let all = u32::try_from(IN_FLIGHT_MAX).expect("a small number");
        if timeout(DRAIN_MAX, self.in_flight.acquire_many(all))
            .await
            .is_err()
        {
            tracing::warn!("stopping with entries on their way: their callers do not know");
        }
        self.in_flight.close();
        self.changed.notify_one();
    }

    fn refuse_more(&self) -> Vec<Unit> {
        let mut waiting = self.waiting();
        waiting.closed = true;
        let mut refused = Vec::new();
        while !waiting.queue.is_empty() {
            refused.append(&mut waiting.queue.take(ENTRY_MAX));
        }
        refused
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The units of the next entry, and its permit; none once the desk is closed.
    async fn next(&self) -> Option<(Vec<Unit>, OwnedSemaphorePermit)> {
        loop {
            let permit = Arc::clone(&self.in_flight).acquire_owned().await.ok()?;
            let units = self.waiting().queue.take(ENTRY_MAX);
            if !units.is_empty() {
                return Some((units, permit));
            }
            drop(permit);
            self.changed.notified().await;
        }
    }
}

/// Runs until the desk is closed.
pub(crate) async fn run(desk: Arc<Desk>, raft: RaftHandle) {
    while let Some((units, permit)) = desk.next().await {
        let (commands, encoded, callers) = Callers::of(units);
        let at = desk.now(raft.status().term, raft.view().now);
        let bytes = ackord_proto::entry::join(FORMAT, at, &encoded);
        let entry = Entry {
            format: FORMAT,
            at,
            commands,
        };
        desk.faults.hit(Point::BeforePropose);
        let proposal = Proposal {
            bytes,
            entry: Some(Arc::new(entry)),
        };
        let reply = move |result: Result<_, ackord_raft::ProposeFailure>| {
            callers.answer(result.map_err(ProposeError::from));
            drop(permit);
        };
        raft.propose(proposal, reply).await;
    }
}
