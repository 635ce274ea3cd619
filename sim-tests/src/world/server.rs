//! A server of the world: a machine, a disk that outlives its processes, and the node's own code.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_store::SimDisk;
use madsim::runtime::Handle;
use madsim::task::NodeId;
use tokio::time::sleep;

use super::clock::SimClock;
use super::logbook;
use super::process::{self, Birth, Process};
use super::recorder::{Recorder, now};
use crate::draw::Draw;
use crate::history::{DiskFault, Fault};
use crate::journal::Journal;
use crate::plan::Plan;
use crate::table::Table;

/// The port of the API.
const PORT: u16 = 7400;
/// How a process says that it ends itself; see `ackord_raft::fatal`.
const FATAL: &str = "fatal: ";
/// How often somebody who waits for a process looks at it.
const LOOK: Duration = Duration::from_millis(20);
/// Looks until a process must have begun, or ended.
const LOOKS_MAX: usize = 3_000;
/// Between two looks for a moment that does not last.
const INSTANT: Duration = Duration::from_micros(300);

/// See the module.
pub(super) struct Server {
    node: NodeId,
    birth: Birth,
}

impl Server {
    /// A server with an empty disk, whose process begins at once.
    pub(super) fn new(number: u8, plan: &Plan, faults: &str, recorder: Recorder) -> Self {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, number)), PORT);
        let name = format!("server {number}");
        let birth = Birth {
            number: usize::from(number),
            address,
            disk: SimDisk::new(),
            clock: Arc::new(SimClock::draw(&mut Draw::new(plan.seed).fork(&name))),
            plan: plan.disk,
            faults: faults.to_owned(),
            slot: Arc::default(),
            journal: Arc::default(),
            expected: Arc::new(AtomicBool::new(true)),
            recorder,
        };
        let of_each = birth.clone();
        let node = Handle::current()
            .create_node()
            .name(name)
            .ip(address.ip())
            .init(move || process::live(of_each.clone()))
            .restart_on_panic_matching(FATAL)
            .build();
        Self {
            node: node.id(),
            birth,
        }
    }

    /// Where clients find it.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.birth.address)
    }

    /// Starts a process, after a crash or a stop, on what the disk has then.
    pub(super) fn start(&self) {
        self.birth.expected.store(true, Ordering::Relaxed);
        Handle::current().restart(self.node);
    }

    /// The process dies.
    pub(super) fn kill(&self) {
        self.record(Fault::Kill {
            server: self.birth.number,
        });
        self.die();
        self.birth.disk.kill();
    }

    /// Waits until so many writes are not synced, but not for long.
    pub(super) async fn wait_for_unsynced(&self, writes: usize, patience: Duration) {
        let end = now() + patience;
        while self.birth.disk.unsynced_writes() < writes && now() < end {
            sleep(INSTANT).await;
        }
    }

    /// The power fails. Of what was not synced nothing is left, or all of it, or its beginning.
    pub(super) fn power_loss(&self, draw: &mut Draw) {
        self.die();
        let (server, unsynced) = (self.birth.number, self.birth.disk.unsynced_writes());
        let torn = if unsynced > 1 {
            1 + draw.index(unsynced - 1)
        } else {
            0
        };
        let survive = draw.weighted(&[(0, 2), (torn, 2), (unsynced, 1)]);
        self.record(Fault::PowerLoss {
            server,
            unsynced,
            survive,
        });
        self.birth.disk.power_loss(survive);
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
        self.record(Fault::Stop {
            server: self.birth.number,
        });
        self.slot().take().expect("it is ready").stop();
        for _ in 0..LOOKS_MAX {
            if self.has_ended() {
                // With a process go its sockets; an exit alone leaves them.
                return Handle::current().kill(self.node);
            }
            sleep(LOOK).await;
        }
        panic!("server {} does not stop", self.birth.number);
    }

    /// Whether no process runs.
    pub(super) fn has_ended(&self) -> bool {
        Handle::current().is_exit(self.node)
    }

    /// The process stands still.
    pub(super) fn pause(&self) {
        self.record(Fault::Freeze {
            server: self.birth.number,
        });
        Handle::current().pause(self.node);
    }

    /// The process goes on.
    pub(super) fn resume(&self) {
        Handle::current().resume(self.node);
    }

    /// The storage engine flushes the rows by itself.
    pub(super) fn flush(&self) {
        self.record(Fault::Flush {
            server: self.birth.number,
        });
        self.birth.disk.flush_rows();
    }

    /// The disk will fail. Then the process ends itself, and another one starts a little later.
    pub(super) fn break_disk(&self, how: DiskFault) {
        self.record(Fault::Disk {
            server: self.birth.number,
            how,
        });
        self.birth.expected.store(true, Ordering::Relaxed);
        let disk = &self.birth.disk;
        match how {
            DiskFault::Write(after) => disk.fail_write_after(after),
            DiskFault::Sync(after) => disk.fail_sync_after(after),
            DiskFault::Full => disk.set_full(true),
        }
    }

    /// The disk works again. A process that it has ended stays ended.
    pub(super) fn mend_disk(&self) {
        self.birth.disk.heal();
        let ended = self.has_ended();
        self.birth.expected.store(ended, Ordering::Relaxed);
        if ended {
            self.slot().take();
            self.record(Fault::FailStop {
                server: self.birth.number,
            });
        }
    }

    /// Somebody sets the wall clock.
    pub(super) fn set_clock(&self, draw: &mut Draw) {
        let ahead_ms = self.birth.clock.set(draw);
        self.record(Fault::Clock {
            server: self.birth.number,
            ahead_ms,
        });
    }

    /// Copies what it has applied since the last copy.
    pub(super) fn follow(&self) {
        let applied = self.slot().as_ref().and_then(Process::applied);
        if let Some(applied) = applied {
            logbook::follow(&mut self.journal(), &self.birth.disk, applied);
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
        panic!("server {} does not begin to serve", self.birth.number);
    }

    /// Its rows, as its process sees them, and its log.
    pub(super) fn take(&self) -> (Table, Journal) {
        self.follow();
        let slot = self.slot();
        let rows = slot.as_ref().expect("it runs").rows();
        let table = Table::read(&rows).expect("a simulated disk is not broken");
        (table, std::mem::take(&mut *self.journal()))
    }

    fn record(&self, fault: Fault) {
        self.birth.recorder.fault(fault);
    }

    fn slot(&self) -> MutexGuard<'_, Option<Process>> {
        self.birth
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.birth
            .journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
