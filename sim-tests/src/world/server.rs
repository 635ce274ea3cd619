//! A server of the world: a machine, a disk that outlives its processes, and the node's own code.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_store::SimDisk;
use madsim::runtime::Handle;
use madsim::task::NodeId;
use tokio::time::sleep;

use super::logbook;
use super::process::{self, Process};
use super::recorder::{Recorder, now};
use crate::draw::Draw;
use crate::history::Fault;
use crate::journal::Journal;
use crate::plan::Plan;
use crate::table::Table;

/// The port of the API.
const PORT: u16 = 7400;
/// How often somebody who waits for a process looks at it.
const LOOK: Duration = Duration::from_millis(20);
/// Between two looks for a moment that does not last.
const INSTANT: Duration = Duration::from_micros(300);
/// Looks until a process must have begun, or ended.
const LOOKS_MAX: usize = 3_000;

/// See the module.
pub(super) struct Server {
    number: usize,
    node: NodeId,
    address: SocketAddr,
    disk: SimDisk,
    slot: Slot,
    recorder: Recorder,
    journal: Mutex<Journal>,
}

/// The process that runs now, once it has come so far.
pub(super) type Slot = Arc<Mutex<Option<Process>>>;

impl Server {
    /// A server with an empty disk, whose process begins at once.
    pub(super) fn new(number: u8, plan: &Plan, faults: &str, recorder: Recorder) -> Self {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, number)), PORT);
        let (disk, slot) = (SimDisk::new(), Slot::default());
        let birth = process::Birth {
            address,
            disk: disk.clone(),
            plan: plan.disk,
            faults: faults.to_owned(),
            slot: slot.clone(),
        };
        let node = Handle::current()
            .create_node()
            .name(format!("server {number}"))
            .ip(address.ip())
            .init(move || process::live(birth.clone()))
            .build();
        let (node, journal) = (node.id(), Mutex::default());
        Self {
            number: usize::from(number),
            node,
            address,
            disk,
            slot,
            recorder,
            journal,
        }
    }

    /// Where clients find it.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts a process, after a crash or a stop, on what the disk has then.
    pub(super) fn start(&self) {
        if let Some(found) = logbook::compare(&mut self.journal(), &self.disk) {
            let last = found.lines.last().map_or(0, |it| it.0);
            let behind = last.saturating_sub(found.flushed);
            let purged = found.first > 0;
            self.recorder.fault(Fault::Start {
                server: self.number,
                behind,
                purged,
            });
        }
        Handle::current().restart(self.node);
    }

    /// The process dies.
    pub(super) fn kill(&self) {
        self.recorder.fault(Fault::Kill {
            server: self.number,
        });
        self.die();
        self.disk.kill();
    }

    /// Waits until so many writes are not synced, but not for long.
    pub(super) async fn wait_for_unsynced(&self, writes: usize, patience: Duration) {
        let end = now() + patience;
        while self.disk.unsynced_writes() < writes && now() < end {
            sleep(INSTANT).await;
        }
    }

    /// The power fails. Of what was not synced nothing is left, or all of it, or its beginning.
    pub(super) fn power_loss(&self, draw: &mut Draw) {
        self.die();
        let (server, unsynced) = (self.number, self.disk.unsynced_writes());
        // The end of what was written, one write at least.
        let torn = if unsynced > 1 {
            1 + draw.index(unsynced - 1)
        } else {
            0
        };
        let survive = draw.weighted(&[(0, 2), (torn, 2), (unsynced, 1)]);
        self.recorder.fault(Fault::PowerLoss {
            server,
            unsynced,
            survive,
        });
        self.disk.power_loss(survive);
    }

    fn die(&self) {
        self.follow();
        Handle::current().kill(self.node);
        self.slot().take();
    }

    /// The process is asked to stop, and does.
    pub(super) async fn stop(&self) {
        self.ready().await;
        self.follow();
        self.recorder.fault(Fault::Stop {
            server: self.number,
        });
        self.slot().take().expect("it is ready").stop();
        for _ in 0..LOOKS_MAX {
            if Handle::current().is_exit(self.node) {
                // With a process go its sockets; an exit alone leaves them.
                return Handle::current().kill(self.node);
            }
            sleep(LOOK).await;
        }
        panic!("server {} does not stop", self.number);
    }

    /// The process stands still.
    pub(super) fn pause(&self) {
        self.recorder.fault(Fault::Freeze {
            server: self.number,
        });
        Handle::current().pause(self.node);
    }

    /// The process goes on.
    pub(super) fn resume(&self) {
        Handle::current().resume(self.node);
    }

    /// The storage engine flushes the rows by itself.
    pub(super) fn flush(&self) {
        self.recorder.fault(Fault::Flush {
            server: self.number,
        });
        self.disk.flush_rows();
    }

    /// Copies what it has applied since the last copy.
    pub(super) fn follow(&self) {
        let applied = self.slot().as_ref().and_then(Process::applied);
        if let Some(applied) = applied {
            logbook::follow(&mut self.journal(), &self.disk, applied);
        }
    }

    /// Waits until a process serves.
    pub(super) async fn ready(&self) {
        for _ in 0..LOOKS_MAX {
            if self.slot().is_some() {
                return;
            }
            sleep(LOOK).await;
        }
        panic!("server {} does not begin to serve", self.number);
    }

    /// Its rows, as its process sees them, and its log.
    pub(super) fn take(&self) -> (Table, Journal) {
        self.follow();
        let slot = self.slot();
        let rows = slot.as_ref().expect("it runs").rows();
        let table = Table::read(&rows).expect("a simulated disk is not broken");
        (table, std::mem::take(&mut *self.journal()))
    }

    fn slot(&self) -> MutexGuard<'_, Option<Process>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
