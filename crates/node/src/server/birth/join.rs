//! A node whose disk is empty, and a cluster that has begun without it: the node asks for a number,
//! binds its disk to that, and is a member that does not vote until somebody promotes it.

use ackord_core::id::NodeId;
use ackord_proto::peer::{JoinOutcome as Outcome, JoinRequest, JoinResponse};
use ackord_store::Identity;

use super::super::StartError;
use super::gate::Gate;
use super::waiting::Waiting;

/// Asks for a number until there is one, and binds this disk to it. A birth that comes first, or an
/// earlier try, does as well.
pub(super) async fn join(gate: &Gate) -> Result<Identity, StartError> {
    // On the disk before anybody hears of it: asked again, it is given the same number.
    let request = JoinRequest {
        disk: gate.mark()?,
        address: gate.address().to_owned(),
        ..JoinRequest::default()
    };
    let mut waiting = Waiting::new("a cluster to take this node in".to_owned());
    loop {
        for address in gate.known_addresses() {
            match ackord_peer::join(&address, gate.tls(), request.clone()).await {
                Ok(response) => {
                    if let Some(identity) = heard(gate, &address, response, &mut waiting)? {
                        return Ok(identity);
                    }
                }
                Err(error) => waiting.note(&format!("{address}: {error}")),
            }
        }
        if let Some(identity) = gate.bound_or_invited(Waiting::RETRY).await {
            return Ok(identity);
        }
    }
}

/// What an answer makes of this node; none: nothing yet.
fn heard(
    gate: &Gate,
    address: &str,
    response: JoinResponse,
    waiting: &mut Waiting,
) -> Result<Option<Identity>, StartError> {
    let cluster = <[u8; 16]>::try_from(&*response.cluster).map(u128::from_be_bytes);
    match (response.outcome(), cluster) {
        (Outcome::Admitted, Ok(cluster)) if cluster != 0 && response.node != 0 => {
            let identity = gate.joined(cluster, NodeId(response.node))?;
            let node = identity.node;
            tracing::info!(%node, cluster = %super::hex(cluster), "this node joins a cluster");
            Ok(Some(identity))
        }
        (Outcome::Removed, _) => Err(StartError::Removed { node: None }),
        (Outcome::Refused | Outcome::OtherDisk, _) => Err(StartError::JoinRefused {
            address: address.to_owned(),
            reason: response.message,
        }),
        (Outcome::Admitted | Outcome::Member | Outcome::Later | Outcome::Unspecified, _) => {
            waiting.note(&format!("{address}: {}", response.message));
            Ok(None)
        }
    }
}
