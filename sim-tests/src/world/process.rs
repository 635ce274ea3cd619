//! A process of a server: the node's own code on a simulated disk.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_ingress::Hooks;
use ackord_machine::failpoint::{Faults, Point};
use ackord_machine::{Machine, Options, RowView, Status, SyncMax};
use ackord_node::config::Cluster;
use ackord_node::server::{Server, Setup, Tls, start_on};
use ackord_store::{Disk, DiskOptions};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::clock::SimClock;
use super::drive::Drive;
use super::logbook::{self, Start};
use super::recorder::Recorder;
use super::sender;
use crate::history::Fault;
use crate::journal::Journal;
use crate::plan::Plan;

/// The secret of the first admin token.
pub(super) const ADMIN: &str = "sim-admin";
/// How a process says that it ends itself; see `ackord_raft::fatal`.
pub(super) const FATAL: &str = "fatal: ";
/// How often a server looks whether its rows are to be flushed.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// Bytes of the log that stay: few, so that the number of entries decides.
const BYTES_KEPT: u64 = 4 << 10;

/// What the processes of a server share with whoever watches them.
#[derive(Clone)]
pub(super) struct Birth {
    pub(super) number: usize,
    pub(super) address: SocketAddr,
    /// With whom it forms a cluster; none: it is alone.
    pub(super) cluster: Option<Cluster>,
    /// The disk that is in it now.
    pub(super) drive: Arc<Mutex<Drive>>,
    pub(super) clock: Arc<SimClock>,
    pub(super) plan: Arc<Plan>,
    /// Planted bugs; see `ackord_raft::failpoint`.
    pub(super) faults: String,
    /// The process that runs now, once it has come so far.
    pub(super) slot: Arc<Mutex<Option<Process>>>,
    /// The log of all servers.
    pub(super) journal: Arc<Mutex<Journal>>,
    /// Somebody has started this process, or broken the disk of the one before.
    pub(super) expected: Arc<AtomicBool>,
    /// The longest time of its disk's syncs, now.
    pub(super) sync_max: SyncMax,
    /// The greatest format that its program knows.
    pub(super) knows: Arc<AtomicU32>,
    /// The last process has ended because it must not run.
    pub(super) is_refused: Arc<AtomicBool>,
    /// Of a hundred answers of other servers, so many are tampered with.
    pub(super) tampered: Arc<AtomicU64>,
    /// What kills the process that runs now.
    pub(super) trap: Arc<Mutex<Trap>>,
    pub(super) recorder: Recorder,
}

/// Where a process is to die.
#[derive(Default)]
pub(super) struct Trap {
    /// The faults of the process that runs now.
    pub(super) faults: Faults,
    /// The point at which it is to die.
    pub(super) point: Option<Point>,
}

/// A process that serves.
pub(super) struct Process {
    machine: Machine,
    hooks: Hooks,
    stop: oneshot::Sender<()>,
}

/// Lives until it is killed, told to stop, or must not be who its disk says that it is.
pub(super) async fn live(birth: Birth) {
    birth.begin();
    birth.leave_empty();
    birth.compare_log();
    let drive = birth.drive();
    match start(&birth, &drive).await {
        Ok(server) => birth.work(&drive, server).await,
        Err(why) => birth.refused(&drive, why),
    }
}

async fn start(birth: &Birth, drive: &Drive) -> Result<Server, String> {
    let machine = birth.options();
    let disk = DiskOptions {
        planted: machine.raft.faults.of_disk(),
        ..DiskOptions::default()
    };
    let disk = Disk::simulated(&drive.disk, &disk);
    let disk = disk.map_err(|error| format!("the disk is refused: {error}"))?;
    let setup = Setup {
        listen: vec![birth.address],
        http: None,
        cluster: birth.cluster.clone(),
        tls: Tls::default(),
        admin: Some(Sha256::digest(ADMIN).into()),
        keyring: Some(sender::keyring()),
        machine,
    };
    let started = Box::pin(start_on(disk, setup)).await;
    started.map_err(|error| format!("the server does not start: {error}"))
}

impl Birth {
    /// There must be a reason for a new process.
    fn begin(&self) {
        let mut trap = self.trap();
        let point = trap.point.filter(|it| !trap.faults.is_armed(*it));
        if let Some(point) = point {
            trap.point = None;
            self.recorder.fault(Fault::Failpoint {
                server: self.number,
                point: point.name(),
            });
        }
        self.is_refused.store(false, Ordering::Relaxed);
        let expected = self.expected.swap(false, Ordering::Relaxed);
        assert!(
            expected || point.is_some() || self.drive().is_unwanted(),
            "a server has ended by itself"
        );
    }

    pub(super) fn trap(&self) -> MutexGuard<'_, Trap> {
        self.trap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves until it is told to stop, or must end.
    async fn work(&self, drive: &Drive, mut server: Server) {
        let node = server.machine().status().node;
        drive.serves(node);
        self.recorder.fault(Fault::Serve {
            server: self.number,
            node,
        });
        let (stop, stopped) = oneshot::channel();
        self.serve(Process {
            machine: server.machine().clone(),
            hooks: server.hooks().clone(),
            stop,
        });
        let end = tokio::select! {
            biased;
            stopped = stopped => stopped.map_err(|_| None),
            why = server.must_end() => Err(Some(why.to_string())),
        };
        match end {
            Ok(()) => server.shutdown().await,
            // Nobody can stop it any more: it is about to be killed.
            Err(None) => {}
            Err(Some(why)) => {
                self.leave_empty();
                server.shutdown().await;
                self.refused(drive, why);
            }
        }
    }

    /// It must not run. That is as it should be on a disk that is not wanted any more. Where the
    /// disk has failed, whoever runs the process lets another one follow.
    fn refused(&self, drive: &Drive, why: String) {
        assert!(drive.disk.failures() == 0, "{FATAL}{why}");
        assert!(drive.is_unwanted(), "a server must not run: {why}");
        self.is_refused.store(true, Ordering::Relaxed);
        self.recorder.fault(Fault::Refused {
            server: self.number,
            why,
        });
    }

    /// The disk that is in it now.
    pub(super) fn drive(&self) -> Drive {
        let drive = self.drive.lock().unwrap_or_else(PoisonError::into_inner);
        drive.clone()
    }

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
        let drive = self.drive();
        if drive.is_rotten() {
            return;
        }
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(start) = logbook::compare(&mut journal, drive.number, &drive.disk) {
            let Start { behind, purged } = start;
            self.recorder.fault(Fault::Start {
                server: self.number,
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
        let tampered = self.tampered.load(Ordering::Relaxed);
        options.raft.faults.tamper_with(tampered);
        self.trap().faults = options.raft.faults.clone();
        options.raft.format = self.knows.load(Ordering::Relaxed);
        options.raft.sync_max = self.sync_max.clone();
        let Plan { disk, cluster, .. } = &*self.plan;
        let retention = &mut options.raft.retention;
        retention.flush_every = disk.flush_every;
        retention.log_entries_kept = disk.entries_kept;
        retention.log_bytes_kept = BYTES_KEPT;
        retention.log_bytes_kept_in_touch = cluster.bytes_kept_in_touch;
        retention.check_every = CHECK_EVERY;
        options
    }
}

impl Process {
    /// The last entry that its rows have.
    pub(super) fn applied(&self) -> Option<u64> {
        self.machine.view().next.checked_sub(1)
    }

    /// Where it stands.
    pub(super) fn status(&self) -> Status {
        self.machine.status()
    }

    /// The machine, for what an operator may ask of it.
    pub(super) fn machine(&self) -> Machine {
        self.machine.clone()
    }

    /// The door for webhooks.
    pub(super) fn hooks(&self) -> Hooks {
        self.hooks.clone()
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
