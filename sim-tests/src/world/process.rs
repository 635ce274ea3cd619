//! A process of a server: the node's own code on a simulated disk.

use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Duration;

use ackord_machine::{Machine, Options, RowView};
use ackord_node::server::{Setup, start_on};
use ackord_store::{Disk, DiskOptions, SimDisk};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::server::Slot;
use crate::plan::DiskPlan;

/// The secret of the first admin token.
pub(super) const ADMIN: &str = "sim-admin";
/// How often a server looks whether its rows are to be flushed.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// Bytes of the log that stay: few, so that the number of entries decides.
const BYTES_KEPT: u64 = 4 << 10;

/// What a process is made of.
#[derive(Clone)]
pub(super) struct Birth {
    pub(super) address: SocketAddr,
    pub(super) disk: SimDisk,
    pub(super) plan: DiskPlan,
    /// Planted bugs; see `ackord_raft::failpoint`.
    pub(super) faults: String,
    pub(super) slot: Slot,
}

/// A process that serves.
pub(super) struct Process {
    machine: Machine,
    stop: oneshot::Sender<()>,
}

/// Lives until it is killed or told to stop.
pub(super) async fn live(birth: Birth) {
    let machine = options(&birth);
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
        admin,
        machine,
    };
    let server = start_on(disk, setup).await.unwrap_or_else(|error| {
        panic!("the server does not start: {error}");
    });
    let (stop, stopped) = oneshot::channel();
    let process = Process {
        machine: server.machine().clone(),
        stop,
    };
    *birth.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
    // Without the other end nobody can stop it; then it is about to be killed.
    if stopped.await.is_ok() {
        server.shutdown().await;
    }
}

fn options(birth: &Birth) -> Options {
    // The disk says which node it is.
    let mut options = Options::new(0);
    options.raft.faults = birth
        .faults
        .parse()
        .expect("a mutant names faults that there are");
    options.raft.sync_max = birth.plan.sync_max;
    options.raft.retention.flush_every = birth.plan.flush_every;
    options.raft.retention.log_entries_kept = birth.plan.entries_kept;
    options.raft.retention.log_bytes_kept = BYTES_KEPT;
    options.raft.retention.check_every = CHECK_EVERY;
    options
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
