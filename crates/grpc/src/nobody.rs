//! For tests: the API of a node that serves nobody, on a disk in memory.

use std::sync::Arc;

use ackord_core::command::{Actor, Birth, Command, Fence, FirstMember, Op};
use ackord_core::id::{NodeId, SessionId};
use ackord_core::model::Token;
use ackord_core::text::PeerAddress;
use ackord_machine::{Alone, Machine, Options};
use ackord_store::{Disk, DiskOptions, Identity, SimDisk};
use futures::future::FutureExt;

use crate::api::{Api, Ends, Stop};
use crate::auth::Caller;
use crate::sessions::{Full, Inbox, Sessions};

/// The hash of the operators' first token.
const ADMIN: [u8; 32] = [1; 32];

struct Nobody;

impl Sessions for Nobody {
    fn open(&self, _: SessionId, _: u64, _: u64, _: Arc<Token>) -> Result<Inbox, Full> {
        Err(Full)
    }

    fn bye(&self, _: SessionId, _: u64) {}

    fn heard(&self, _: SessionId) {}

    fn answered(&self, _: Fence) {}

    fn answering(&self, _: SessionId, _: u64, _: Fence) {}

    fn not_answered(&self, _: SessionId, _: u64, _: Fence) {}
}

/// Who holds the operators' first token.
pub(crate) fn operator(api: &Api) -> Caller {
    let view = api.machine.view();
    let token = view.directory.token(&ADMIN);
    let token = token.expect("a cluster is born with it").clone();
    Caller { token }
}

pub(crate) async fn api() -> Api {
    let node = NodeId(1);
    let disk = Disk::simulated(&SimDisk::new(), &DiskOptions::default());
    let mut disk = disk.expect("an empty disk opens");
    let identity = Identity {
        cluster: 7,
        node,
        incarnation: 1,
    };
    disk.owner.adopt(identity).expect("a new identity");
    let options = Options::new(node.0);
    let machine = Machine::start(&options, disk.log, disk.rows, Arc::new(Alone)).await;
    let machine = machine.expect("a machine starts");
    let members = [(node.0, "here".to_owned())];
    let founded = machine.found(members.into()).await;
    founded.expect("the group is founded");
    machine.recovered().await.expect("the log is applied");
    let birth = Command {
        by: Actor::Cluster,
        team: None,
        op: Op::Birth(Birth {
            cluster: 7,
            admin: ADMIN,
            members: vec![FirstMember {
                address: PeerAddress::new("h:1").expect("a valid address"),
                disk: None,
            }],
        }),
    };
    let born = machine.propose(birth).await.expect("committed");
    born.answer.expect("the cluster is born");
    let never: Stop = std::future::pending().boxed().shared();
    let ends = Ends {
        draining: never.clone(),
        stop: never,
    };
    Api::new(machine, node, Arc::new(Nobody), ends)
}
