//! Who a node is, and how a cluster begins.
//!
//! A node alone draws its identity and begins. Several begin in two phases, each step of which may
//! be cut off by a crash and is then taken again. First the node with the least address, the
//! founder, draws the cluster and lets each other one bind its disk to it: whoever is bound refuses
//! any other cluster for good. Only when all are bound does the founder found the group, and then
//! proposes the cluster's first command. So no two clusters can begin with the same disks, whoever
//! starts first and whoever is missing.
//!
//! A node whose disk is empty and that finds a cluster [joins](join) it, under a new number.

mod belong;
mod founder;
mod gate;
mod join;
mod member;
mod waiting;
mod welcome;

use std::time::Duration;

use ackord_core::answer::Rejection;
use ackord_core::command::{Actor, Birth, Command, FirstMember, Op};
use ackord_core::id::NodeId;
use ackord_machine::{Machine, ProposeError};
use ackord_store::{Identity, Owner};
use rand::RngExt;

use super::StartError;

pub(super) use belong::belongs;
pub(super) use gate::Gate;
pub(super) use member::identity;
pub(super) use waiting::{recalled, recovered};

/// The first node of a cluster.
pub(super) const FOUNDER: NodeId = NodeId(1);
/// Wait before another try.
const RETRY: Duration = Duration::from_millis(100);

/// Who a node alone is: as its disk says. An empty disk becomes the first node of a new cluster, if
/// that cluster will have an admin.
pub(super) fn alone(owner: &mut Owner, admin: Option<[u8; 32]>) -> Result<Identity, StartError> {
    if let Some(members) = owner.members().filter(|it| !it.is_empty()) {
        let members = members.clone();
        return Err(StartError::BeganTogether { members });
    }
    if let Some(identity) = owner.identity() {
        return Ok(identity);
    }
    if admin.is_none() {
        return Err(StartError::NoAdminToken);
    }
    let identity = drawn(FOUNDER);
    owner.adopt(identity)?;
    Ok(identity)
}

/// The identity of a node of a new cluster.
fn drawn(node: NodeId) -> Identity {
    let mut rng = rand::rng();
    // Zero says "not born".
    let cluster = rng.random_range(1..=u128::MAX);
    Identity {
        cluster,
        node,
        incarnation: rng.random(),
    }
}

/// Returns once the cluster is born in its own log: the founder sees to that, all others wait.
pub(super) async fn birth(
    machine: &Machine,
    identity: Identity,
    members: Vec<FirstMember>,
    admin: Option<[u8; 32]>,
) -> Result<(), StartError> {
    while machine.view().cluster == 0 {
        if identity.node != FOUNDER {
            tokio::time::sleep(RETRY).await;
            continue;
        }
        let admin = admin.ok_or(StartError::NoAdminToken)?;
        let op = Op::Birth(Birth {
            cluster: identity.cluster,
            admin,
            members: members.clone(),
        });
        match machine
            .propose(Command {
                by: Actor::Cluster,
                team: None,
                op,
            })
            .await
        {
            Ok(committed) => match committed.answer {
                Ok(_) | Err(Rejection::AlreadyBorn) => {
                    tracing::info!(cluster = %hex(identity.cluster), "the cluster is born");
                    break;
                }
                Err(rejection) => return Err(StartError::Birth(rejection)),
            },
            Err(ProposeError::ShuttingDown) => return Err(StartError::ShuttingDown),
            Err(error) => {
                tracing::debug!(%error, "birth not heard");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
    let found = machine.view().cluster;
    if found != identity.cluster {
        return Err(StartError::OtherLog {
            found,
            expected: identity.cluster,
        });
    }
    Ok(())
}

/// A cluster as people see it.
fn hex(cluster: u128) -> String {
    format!("{cluster:032x}")
}
