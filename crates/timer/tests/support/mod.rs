//! A machine on a disk in memory.

use std::sync::Arc;
use std::time::Duration;

use ackord_core::answer::Reply;
use ackord_core::command::{Actor, Birth, Command, CreateTeam, CreateToken, FirstMember, Op};
use ackord_core::id::{NodeId, TeamId, TokenId};
use ackord_core::model::Role;
use ackord_core::text::{PeerAddress, TeamName};
use ackord_machine::{Alone, Machine, Options};
use ackord_store::{Disk, DiskOptions, Identity, SimDisk};
use tokio::time::timeout;

pub(crate) const NODE: NodeId = NodeId(1);
/// Longer than anything takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

/// A machine with a team, and a token of it that may do everything.
pub(crate) struct World {
    pub(crate) machine: Machine,
    pub(crate) team: TeamId,
    token: TokenId,
}

impl World {
    pub(crate) async fn begin() -> Self {
        let disk = Disk::simulated(&SimDisk::new(), &DiskOptions::default());
        let Disk {
            log,
            rows,
            mut owner,
        } = disk.expect("an empty disk opens");
        owner
            .adopt(Identity {
                cluster: 7,
                node: NODE,
                incarnation: 1,
            })
            .expect("a new identity");
        let mut options = Options::new(NODE.0);
        options.raft.timing.heartbeat = Duration::from_millis(10);
        options.raft.timing.election_min = Duration::from_millis(20);
        options.raft.timing.election_max = Duration::from_millis(40);
        let machine = Machine::start(&options, log, rows, Arc::new(Alone)).await;
        let machine = machine.expect("a machine starts");
        let members = [(NODE.0, "here".to_owned())];
        let founded = machine.found(members.into()).await;
        founded.expect("the group is founded");
        machine.recovered().await.expect("the log is applied");

        let cluster = |op| Command {
            by: Actor::Cluster,
            team: None,
            op,
        };
        let birth = Op::Birth(Birth {
            cluster: 7,
            admin: [1; 32],
            members: vec![FirstMember {
                address: PeerAddress::new("h:1").expect("a valid address"),
                disk: None,
            }],
        });
        reply(&machine, cluster(birth)).await;
        let name = TeamName::new("t").expect("a name");
        let made = reply(&machine, cluster(Op::CreateTeam(CreateTeam { name }))).await;
        let Reply::Team(team) = made else {
            panic!("no team but {made:?}")
        };
        let create = Op::CreateToken(CreateToken {
            hash: [2; 32],
            roles: vec![Role::Admin],
            tags: vec![],
            label: None,
            expires: None,
        });
        let made = reply(
            &machine,
            Command {
                team: Some(team),
                ..cluster(create)
            },
        )
        .await;
        let Reply::Token(token) = made else {
            panic!("no token but {made:?}")
        };
        Self {
            machine,
            team,
            token,
        }
    }

    pub(crate) fn command(&self, op: Op) -> Command {
        Command {
            by: Actor::Token(self.token),
            team: Some(self.team),
            op,
        }
    }
}

/// Waits for what must come.
pub(crate) async fn in_time<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let waited = timeout(PATIENCE, wait).await;
    waited.unwrap_or_else(|_| panic!("never: {what}"))
}

pub(crate) async fn reply(machine: &Machine, command: Command) -> Reply {
    let committed = machine.propose(command).await.expect("committed");
    committed.answer.expect("carried out")
}
