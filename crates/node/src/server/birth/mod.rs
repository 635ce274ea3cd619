//! Who a node is, and how a cluster begins.

use std::time::Duration;

use ackord_core::answer::Rejection;
use ackord_core::command::{Actor, Birth, Command, Op};
use ackord_core::id::NodeId;
use ackord_machine::{Machine, ProposeError};
use ackord_store::{Identity, Owner};
use rand::RngExt;

use super::StartError;

/// The first node of a cluster.
const FOUNDER: NodeId = NodeId(1);
/// Wait before another try.
const RETRY: Duration = Duration::from_millis(100);

/// Who the node is: as its disk says. An empty disk becomes the first node of a new cluster, if
/// that cluster will have an admin.
pub(super) fn identity(owner: &mut Owner, admin: Option<[u8; 32]>) -> Result<Identity, StartError> {
    if let Some(identity) = owner.identity() {
        return Ok(identity);
    }
    if admin.is_none() {
        return Err(StartError::NoAdminToken);
    }
    let mut rng = rand::rng();
    // Zero says "not born".
    let cluster = rng.random_range(1..=u128::MAX);
    let identity = Identity {
        cluster,
        node: FOUNDER,
        incarnation: rng.random(),
    };
    owner.adopt(identity)?;
    Ok(identity)
}

/// Founds the cluster in its own log, unless that was done before.
pub(super) async fn birth(
    machine: &Machine,
    identity: Identity,
    admin: Option<[u8; 32]>,
) -> Result<(), StartError> {
    while machine.view().cluster == 0 {
        let admin = admin.ok_or(StartError::NoAdminToken)?;
        let op = Op::Birth(Birth {
            cluster: identity.cluster,
            admin,
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

fn hex(cluster: u128) -> String {
    format!("{cluster:032x}")
}
