//! A server of the world: a machine, a disk that outlives its processes, and the node's own code.

mod faults;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_core::FORMAT;
use ackord_ingress::{Arrived, Reply};
use ackord_machine::{Status, SyncMax};
use ackord_node::config::Cluster;
use madsim::runtime::Handle;
use madsim::task::NodeId;
use tokio::time::sleep;

use super::clock::SimClock;
use super::drive::Drive;
use super::logbook;
use super::process::{self, Birth, FATAL, Process};
use super::recorder::Recorder;
use crate::draw::Draw;
use crate::history::Fault;
use crate::journal::Journal;
use crate::plan::Plan;
use crate::table::Table;
use faults::usual_sync;

/// The port of the API.
const PORT: u16 = 7400;
/// The port for the other servers.
const PEER_PORT: u16 = 7500;
/// How a process says that it dies as it was told to; see `ackord_raft::failpoint`.
const FAILPOINT: &str = "failpoint ";
/// How often somebody who waits for a process looks at it.
const LOOK: Duration = Duration::from_millis(20);
/// Looks until a process must have begun, or ended.
const LOOKS_MAX: usize = 3_000;

/// See the module. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub(super) struct Server {
    node: NodeId,
    birth: Birth,
    held: Arc<AtomicBool>,
    /// It is no part of the cluster, nor to be one soon.
    out: Arc<AtomicBool>,
}

/// The right to break a server. One at a time has it.
pub(super) struct Hold {
    server: usize,
    held: Arc<AtomicBool>,
}

impl Hold {
    /// The server's number.
    pub(super) fn server(&self) -> usize {
        self.server
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.store(false, Ordering::Relaxed);
    }
}

impl Server {
    /// All servers of a plan with empty disks. Processes begin at once, but on spares.
    pub(super) fn all(plan: &Arc<Plan>, faults: &str, recorder: &Recorder) -> Vec<Self> {
        let journal = Arc::default();
        let nodes = plan.cluster.nodes;
        let numbers = 1..=nodes + plan.cluster.spares;
        let birth = |number: u8| Birth {
            number: usize::from(number),
            address: address(number, PORT),
            cluster: cluster(number, nodes),
            drive: Arc::new(Mutex::new(Drive::new(number.into()))),
            clock: Arc::new(SimClock::draw(
                &mut Draw::new(plan.seed).fork(&name(number.into())),
            )),
            plan: Arc::clone(plan),
            faults: faults.to_owned(),
            slot: Arc::default(),
            journal: Arc::clone(&journal),
            expected: Arc::new(AtomicBool::new(true)),
            sync_max: SyncMax::new(usual_sync(plan, number)),
            knows: Arc::new(AtomicU32::new(FORMAT)),
            is_refused: Arc::default(),
            tampered: Arc::default(),
            trap: Arc::default(),
            recorder: recorder.clone(),
        };
        let new = |birth: Birth| {
            let is_spare = birth.number > nodes.into();
            Self::new(birth, is_spare)
        };
        numbers.map(birth).map(new).collect()
    }

    fn new(birth: Birth, is_spare: bool) -> Self {
        let out = Arc::new(AtomicBool::new(is_spare));
        let (of_each, is_out) = (birth.clone(), Arc::clone(&out));
        let node = Handle::current()
            .create_node()
            .name(name(birth.number))
            .ip(birth.address.ip())
            .init(move || live(of_each.clone(), Arc::clone(&is_out)))
            .restart_on_panic_matching(FATAL)
            .restart_on_panic_matching(FAILPOINT)
            .build();
        Self {
            node: node.id(),
            birth,
            held: Arc::default(),
            out,
        }
    }

    /// Whether it is no part of the cluster, nor to be one soon.
    pub(super) fn is_out(&self) -> bool {
        self.out.load(Ordering::Relaxed)
    }

    /// From now on it is a part of the cluster or is to be one; or neither.
    pub(super) fn set_out(&self, is_so: bool) {
        self.out.store(is_so, Ordering::Relaxed);
    }

    /// The right to break it; none while somebody else has it.
    pub(super) fn hold(&self) -> Option<Hold> {
        let held = self.held.swap(true, Ordering::Relaxed);
        (!held).then(|| Hold {
            server: self.birth.number,
            held: Arc::clone(&self.held),
        })
    }

    /// Whether somebody breaks it.
    pub(super) fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// Its number, from one on.
    pub(super) fn number(&self) -> usize {
        self.birth.number
    }

    /// The machine that it runs on.
    pub(super) fn node(&self) -> NodeId {
        self.node
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
        self.drive().disk.kill();
    }

    /// The disk that is in it.
    pub(super) fn drive(&self) -> Drive {
        self.birth.drive()
    }

    /// The number of its node in the cluster; none: its disk has never served.
    pub(super) fn node_number(&self) -> Option<u64> {
        self.drive().node()
    }

    /// Where the others reach it.
    pub(super) fn peer_address(&self) -> String {
        SocketAddr::new(self.birth.address.ip(), PEER_PORT).to_string()
    }

    fn die(&self) {
        self.follow();
        let drive = self.drive();
        if !drive.is_rotten() {
            logbook::note_vote(&mut self.journal(), drive.number, &drive.disk);
        }
        Handle::current().kill(self.node);
        self.slot().take();
    }

    /// The process is asked to stop, and does; one that does not serve yet dies.
    pub(super) async fn stop(&self) {
        self.follow();
        let Some(process) = self.slot().take() else {
            return self.kill();
        };
        self.record(Fault::Stop {
            server: self.birth.number,
        });
        process.stop();
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

    /// The greatest format that its program knows.
    pub(super) fn knows(&self) -> u32 {
        self.birth.knows.load(Ordering::Relaxed)
    }

    /// Its next process is of a program that knows this format.
    pub(super) fn set_program(&self, knows: u32) {
        self.record(Fault::Program {
            server: self.birth.number,
            knows,
        });
        self.birth.knows.store(knows, Ordering::Relaxed);
    }

    /// Kills the process for good: also one that would follow by itself.
    pub(super) async fn kill_for_good(&self) {
        while self.has_ended() && !self.birth.is_refused.load(Ordering::Relaxed) {
            sleep(LOOK).await;
        }
        self.kill();
    }

    /// Where its process stands; none if there is none that serves.
    pub(super) fn status(&self) -> Option<Status> {
        self.slot().as_ref().map(Process::status)
    }

    /// The last entry that the rows of its process have; none if there is none that serves.
    pub(super) fn applied(&self) -> Option<u64> {
        self.slot().as_ref().and_then(Process::applied)
    }

    /// Asks the process, which leads, to let another one lead.
    pub(super) async fn hand_over(&self, to: &Self) {
        let machine = self.slot().as_ref().map(Process::machine);
        if let Some((machine, node)) = machine.zip(to.node_number()) {
            self.record(Fault::HandOver {
                server: self.birth.number,
                to: to.number(),
            });
            machine.hand_over(node).await;
        }
    }

    /// Hands a webhook to its door; none: there is no process, or it ends before it answers.
    pub(super) async fn receive(&self, arrived: Arrived) -> Option<Reply> {
        let hooks = self.slot().as_ref().map(Process::hooks)?;
        let machine = Handle::current().get_node(self.node)?;
        let answer = machine.spawn(async move { hooks.receive(arrived).await });
        answer.await.ok()
    }

    /// Copies what it has applied since the last copy.
    pub(super) fn follow(&self) {
        let drive = self.drive();
        if let Some(applied) = self.applied().filter(|_| !drive.is_rotten()) {
            logbook::follow(&mut self.journal(), drive.number, &drive.disk, applied);
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

    /// Its rows, as its process sees them.
    pub(super) fn rows(&self) -> Table {
        self.follow();
        let slot = self.slot();
        let rows = slot.as_ref().expect("it runs").rows();
        Table::read(&rows).expect("a simulated disk is not broken")
    }

    /// The log of all servers.
    pub(super) fn take_journal(&self) -> Journal {
        std::mem::take(&mut *self.journal())
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

/// A machine that is out is there, and nobody runs on it.
async fn live(birth: Birth, is_out: Arc<AtomicBool>) {
    if !is_out.load(Ordering::Relaxed) {
        process::live(birth).await;
    }
}

fn name(number: usize) -> String {
    format!("server {number}")
}

fn address(number: u8, port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, number)), port)
}

/// With whom one of so many servers forms a cluster; one alone does not.
fn cluster(number: u8, nodes: u8) -> Option<Cluster> {
    let peer = |number| address(number, PEER_PORT);
    (nodes > 1).then(|| Cluster {
        peer_listen: peer(number),
        advertise: None,
        peers: (1..=nodes).map(|it| peer(it).to_string()).collect(),
        insecure: true,
        tls: None,
    })
}
