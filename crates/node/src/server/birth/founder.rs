//! The first phase, as the founder sees it: nobody has a cluster, then all are bound to the same.

use ackord_core::id::NodeId;
use ackord_machine::LinkError;
use ackord_machine::failpoint::Point;
use ackord_proto::peer::{HelloRequest, HelloResponse, PrepareRequest};
use ackord_proto::stored::Member;
use ackord_store::Identity;
use futures::future::try_join_all;

use super::super::StartError;
use super::gate::Gate;
use super::waiting::Waiting;

/// Draws a cluster, once all others have said that they belong to none, and binds this disk to it.
pub(super) async fn draw(gate: &Gate) -> Result<Identity, StartError> {
    let looks = gate
        .others()
        .map(|(node, address)| look(gate, node, address, None));
    try_join_all(looks).await?;
    let identity = gate.draw()?;
    tracing::info!(cluster = %super::hex(identity.cluster), "this node begins a cluster");
    Ok(identity)
}

/// Returns once all others are bound to the founder's cluster, durably.
pub(super) async fn bind_all(gate: &Gate, identity: Identity) -> Result<(), StartError> {
    let binds = gate
        .others()
        .map(|(node, address)| bind(gate, identity, node, address));
    try_join_all(binds).await?;
    Ok(())
}

/// Waits until a node answers, and checks that its disk is free, or bound to `ours`, and that it has
/// not begun.
async fn look(
    gate: &Gate,
    node: NodeId,
    address: &str,
    ours: Option<Identity>,
) -> Result<(), StartError> {
    let mut waiting = Waiting::new(format!("{node} at {address}"));
    loop {
        match ackord_peer::hello(address, gate.tls(), HelloRequest::default()).await {
            Ok(found) => return judge(address, &found, ours),
            Err(error) => waiting.again(&error).await,
        }
    }
}

fn judge(address: &str, found: &HelloResponse, ours: Option<Identity>) -> Result<(), StartError> {
    let address = address.to_owned();
    let own_cluster = ours.map(|it| it.cluster.to_be_bytes());
    let is_ours = own_cluster.is_some_and(|it| *found.cluster == it);
    match (found.cluster.is_empty(), found.log_end) {
        (true, _) => Ok(()),
        (false, None) if is_ours => Ok(()),
        (false, None) => Err(StartError::PeerBound { address }),
        (false, Some(_)) if is_ours => Err(StartError::LogGone { address }),
        (false, Some(_)) => Err(StartError::ClusterExists { address }),
    }
}

async fn bind(
    gate: &Gate,
    identity: Identity,
    node: NodeId,
    address: &str,
) -> Result<(), StartError> {
    let members = gate.members().into_iter().map(|(node, address)| Member {
        node: node.0,
        address,
    });
    let request = PrepareRequest {
        cluster: identity.cluster.to_be_bytes().to_vec().into(),
        members: members.collect(),
        node: node.0,
    };
    let mut waiting = Waiting::new(format!("{node} at {address}"));
    loop {
        look(gate, node, address, Some(identity)).await?;
        match ackord_peer::prepare(address, gate.tls(), request.clone()).await {
            Ok(bound) => {
                gate.heard_disk(node, bound.incarnation);
                tracing::info!(%node, %address, "bound to the cluster");
                gate.passes(Point::BirthPrepared);
                return Ok(());
            }
            Err(LinkError::Refused(reason)) => {
                let address = address.to_owned();
                return Err(StartError::PeerRefuses { address, reason });
            }
            Err(error) => waiting.again(&error).await,
        }
    }
}
