//! A process of a server: the node's own code on a simulated disk.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ackord_machine::{Machine, Options, RowView};
use ackord_node::server::{Setup, start_on};
use ackord_store::{Disk, DiskOptions, SimDisk};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::clock::SimClock;
use super::logbook;
use super::recorder::Recorder;
use crate::history::Fault;
use crate::journal::Journal;
use crate::plan::DiskPlan;

/// The secret of the first admin token.
pub(super) const ADMIN: &str = "sim-admin";
/// How often a server looks whether its rows are to be flushed.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// Bytes of the log that stay: few, so that the number of entries decides.
const BYTES_KEPT: u64 = 4 << 10;

/// What the processes of a server share with whoever watches them.
#[derive(Clone)]
pub(super) struct Birth {
    pub(super) number: usize,
    pub(super) address: SocketAddr,
    pub(super) disk: SimDisk,
    pub(super) clock: Arc<SimClock>,
    pub(super) plan: DiskPlan,
    /// Planted bugs; see `ackord_raft::failpoint`.
    pub(super) faults: String,
    /// The process that runs now, once it has come so far.
    pub(super) slot: Arc<Mutex<Option<Process>>>,
    pub(super) journal: Arc<Mutex<Journal>>,
    /// Somebody has started this process, or broken the disk of the one before.
    pub(super) expected: Arc<AtomicBool>,
    pub(super) recorder: Recorder,
}

/// A process that serves.
pub(super) struct Process {
    machine: Machine,
    stop: oneshot::Sender<()>,
}

/// Lives until it is killed or told to stop.
pub(super) async fn live(birth: Birth) {
    assert!(
        birth.expected.swap(false, Ordering::Relaxed),
        "a server has ended by itself"
    );
    birth.leave_empty();
    birth.compare_log();
    let machine = birth.options();
    let disk = DiskOptions {
        planted: machine.raft.faults.of_disk(),
        ..DiskOptions::default()
    };
    let disk = Disk::simulated(&birth.disk, &disk).unwrap_or_else(|error| {
        panic!("the disk is refused: {error}");
    });
    let admin = Some(Sha256::digest(ADMIN).into());
    let setup = Setup {
        listen: vec![birth.address],
        cluster: None,
        admin,
        machine,
    };
    let server = start_on(disk, setup).await.unwrap_or_else(|error| {
        panic!("the server does not start: {error}");
    });
    let (stop, stopped) = oneshot::channel();
    birth.serve(Process {
        machine: server.machine().clone(),
        stop,
    });
    // Without the other end nobody can stop it; then it is about to be killed.
    if stopped.await.is_ok() {
        server.shutdown().await;
    }
}

impl Birth {
    fn leave_empty(&self) {
        self.slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    fn serve(&self, process: Process) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
    }

    /// Compares what earlier processes had applied with what is on the disk now.
    fn compare_log(&self) {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = logbook::compare(&mut journal, &self.disk) {
            let last = found.lines.last().map_or(0, |it| it.0);
            let (server, behind) = (self.number, last.saturating_sub(found.flushed));
            let purged = found.first > 0;
            self.recorder.fault(Fault::Start {
                server,
                behind,
                purged,
            });
        }
    }

    fn options(&self) -> Options {
        // The disk says which node it is.
        let mut options = Options::new(0);
        options.clock = self.clock.clone();
        options.raft.faults = self
            .faults
            .parse()
            .expect("a mutant names faults that there are");
        options.raft.sync_max = self.plan.sync_max;
        options.raft.retention.flush_every = self.plan.flush_every;
        options.raft.retention.log_entries_kept = self.plan.entries_kept;
        options.raft.retention.log_bytes_kept = BYTES_KEPT;
        options.raft.retention.check_every = CHECK_EVERY;
        options
    }
}

impl Process {
    /// The last entry that it has applied, or an earlier one.
    pub(super) fn applied(&self) -> Option<u64> {
        self.machine.status().applied
    }

    /// Its rows.
    pub(super) fn rows(&self) -> RowView {
        self.machine.rows()
    }

    /// Tells it to stop.
    pub(super) fn stop(self) {
        // One that was killed meanwhile has stopped.
        let _gone = self.stop.send(());
    }
}
