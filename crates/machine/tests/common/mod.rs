//! A node of its own on a disk that outlives it, and short names for commands.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{
    Actor, Birth, Command, CreateTeam, Extend, Extension, Fence, FirstMember, Op,
};
use ackord_core::id::{EventId, NodeId, TeamId};
use ackord_core::text::{PeerAddress, TeamName};
use ackord_machine::{Alone, Committed, Machine, Options};
use ackord_store::{Disk, DiskOptions, Identity, OpenError, SimDisk};
use tempfile::TempDir;

pub(crate) const NODE: u64 = 1;

/// Longer than anything takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

/// A disk of either kind.
pub(crate) enum Medium {
    Twin(SimDisk),
    Rocks(TempDir),
}

impl Medium {
    pub(crate) fn both() -> [Self; 2] {
        let dir = tempfile::tempdir().expect("a directory for tests");
        [Self::Twin(SimDisk::new()), Self::Rocks(dir)]
    }

    pub(crate) fn open(&self, options: &Options) -> Result<Disk, OpenError> {
        let options = DiskOptions {
            cluster: None,
            planted: options.raft.faults.of_disk(),
        };
        let disk = match self {
            Self::Twin(disk) => Disk::simulated(disk, &options)?,
            Self::Rocks(dir) => Disk::open(dir.path(), &options)?,
        };
        Ok(adopt(disk))
    }
}

/// Makes the disk this node's, if it is nobody's.
pub(crate) fn adopt(mut disk: Disk) -> Disk {
    let identity = Identity {
        cluster: 7,
        node: NodeId(NODE),
        incarnation: 1,
    };
    disk.owner.adopt(identity).expect("the disk is this node's");
    disk
}

/// Options with which a node elects itself and lets go of its log quickly.
pub(crate) fn options() -> Options {
    let mut options = Options::new(NODE);
    options.raft.timing.heartbeat = Duration::from_millis(50);
    options.raft.timing.election_min = Duration::from_millis(200);
    options.raft.timing.election_max = Duration::from_millis(400);
    options.raft.retention.check_every = Duration::from_millis(20);
    options
}

/// Starts a node on `medium`; founds its group if there is none.
pub(crate) async fn start(medium: &Medium, options: &Options) -> Machine {
    let disk = medium.open(options).expect("the disk opens");
    start_on(disk, options).await
}

/// Starts a node on an open disk; founds its group if there is none.
pub(crate) async fn start_on(disk: Disk, options: &Options) -> Machine {
    let machine = Machine::start(options, disk.log, disk.rows, Arc::new(Alone))
        .await
        .expect("the node starts");
    machine.recalled().await.expect("nobody else remembers");
    let members = BTreeMap::from([(options.raft.node, "127.0.0.1:7001".to_owned())]);
    machine.found(members).await.expect("the group is founded");
    machine.recovered().await.expect("the log is applied");
    machine
}

/// A node whose cluster is born.
pub(crate) async fn start_born(medium: &Medium, options: &Options) -> Machine {
    let machine = start(medium, options).await;
    let birth = Op::Birth(Birth {
        cluster: 7,
        admin: [1; 32],
        members: vec![FirstMember {
            address: PeerAddress::new("h:1").expect("a valid address"),
            disk: None,
        }],
    });
    machine
        .propose(by_cluster(None, birth))
        .await
        .expect("committed")
        .answer
        .expect("born");
    machine
}

pub(crate) fn by_cluster(team: Option<TeamId>, op: Op) -> Command {
    Command {
        by: Actor::Cluster,
        team,
        op,
    }
}

pub(crate) fn create_team(name: &str) -> Command {
    by_cluster(
        None,
        Op::CreateTeam(CreateTeam {
            name: team_name(name),
        }),
    )
}

pub(crate) fn team_name(name: &str) -> TeamName {
    TeamName::new(name).expect("a valid name")
}

/// A command of 100 KiB that does nothing.
pub(crate) fn ballast() -> Command {
    let item = Extension {
        fence: Fence {
            event: EventId(u128::MAX),
            delivery: 1,
        },
        note: None,
    };
    by_cluster(
        Some(TeamId(0)),
        Op::Extend(Extend {
            items: vec![item; 4096],
        }),
    )
}

/// The team that a command made.
pub(crate) fn team_of(committed: &Committed) -> TeamId {
    match &committed.answer {
        Answer::Ok(Reply::Team(id)) => *id,
        other => panic!("no team: {other:?}"),
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: impl Fn() -> bool) {
    let wait = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, wait).await;
    waited.expect("it comes to be so");
}
