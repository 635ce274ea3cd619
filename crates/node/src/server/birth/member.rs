//! Who a node of several is: as its disk says, or as the birth of their cluster makes it.

use std::time::Duration;

use ackord_machine::LinkError;
use ackord_proto::peer::HelloRequest;
use ackord_store::Identity;
use tokio::time::sleep;

use super::super::StartError;
use super::gate::Gate;
use super::join::join;
use super::waiting::Waiting;
use super::{FOUNDER, founder};

/// Between two looks whether the cluster has begun without this disk.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Who this node is, once its disk is bound: at once after the first time. The founder returns only
/// when all others are bound, too.
pub(in super::super) async fn identity(
    gate: &Gate,
    admin: Option<[u8; 32]>,
) -> Result<Identity, StartError> {
    match gate.identity() {
        Some(identity) if identity.node == FOUNDER && !gate.has_log() => {
            founder::bind_all(gate, identity).await?;
            Ok(identity)
        }
        Some(identity) => Ok(identity),
        None if gate.founds() => {
            if admin.is_none() {
                return Err(StartError::NoAdminToken);
            }
            // Those that it would begin with may all be gone.
            let drawn = tokio::select! {
                biased;
                drawn = founder::draw(gate) => drawn,
                address = begun(gate, |_, _| {}) => Err(StartError::ClusterExists { address }),
            };
            let identity = match drawn {
                Err(StartError::ClusterExists { address }) => {
                    tracing::info!(%address, "a cluster has begun already");
                    return join(gate).await;
                }
                drawn => drawn?,
            };
            founder::bind_all(gate, identity).await?;
            Ok(identity)
        }
        None if gate.is_first() => wait(gate).await,
        None => join(gate).await,
    }
}

/// Waits until the founder binds this disk, or a cluster has begun without it.
async fn wait(gate: &Gate) -> Result<Identity, StartError> {
    let founder = gate.members()[&FOUNDER].clone();
    let mut waiting = Waiting::new(format!("{FOUNDER} at {founder} to begin the cluster"));
    let silent = |address: &str, error: &LinkError| {
        if address == founder {
            waiting.note(error);
        }
    };
    let address = tokio::select! {
        biased;
        identity = gate.bound() => return Ok(identity),
        address = begun(gate, silent) => address,
    };
    tracing::info!(%address, "a cluster has begun already");
    join(gate).await
}

/// Returns where a cluster has begun, once one has: at an address that the configuration names, or an
/// invitation. `silent` hears who does not answer.
async fn begun(gate: &Gate, mut silent: impl FnMut(&str, &LinkError)) -> String {
    loop {
        sleep(LOOK_EVERY).await;
        for address in gate.known_addresses() {
            match ackord_peer::hello(&address, gate.tls(), HelloRequest::default()).await {
                // Whoever has a log has seen all disks bound: this one was, and is another now.
                Ok(found) if found.log_end.is_some() => return address,
                Ok(_) => {}
                Err(error) => silent(&address, &error),
            }
        }
    }
}
