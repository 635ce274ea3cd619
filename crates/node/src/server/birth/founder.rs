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
            Ok(found) => return judge(node, address, &found, ours),
            Err(error) => waiting.again(&error).await,
        }
    }
}

/// What a disk says of a cluster, where the node of this number would begin one. A node that has
/// joined has another number, for each is given once: its cluster has begun, even if its own log has
/// not.
fn judge(
    node: NodeId,
    address: &str,
    found: &HelloResponse,
    ours: Option<Identity>,
) -> Result<(), StartError> {
    if found.cluster.is_empty() {
        return Ok(());
    }
    let address = address.to_owned();
    let own_cluster = ours.map(|it| it.cluster.to_be_bytes());
    let is_ours = own_cluster.is_some_and(|it| *found.cluster == it);
    let has_begun = found.log_end.is_some() || found.node != node.0;
    match (has_begun, is_ours) {
        (false, true) => Ok(()),
        (false, false) => Err(StartError::PeerBound { address }),
        (true, true) => Err(StartError::LogGone { address }),
        (true, false) => Err(StartError::ClusterExists { address }),
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

#[cfg(test)]
mod tests {
    use super::super::FOUNDER;
    use super::*;

    const NODE: NodeId = NodeId(3);
    const OURS: Identity = Identity {
        cluster: 7,
        node: FOUNDER,
        incarnation: 1,
    };

    fn found(cluster: u128, node: u64, log_end: Option<u64>) -> HelloResponse {
        HelloResponse {
            cluster: cluster.to_be_bytes().to_vec().into(),
            node,
            log_end,
            ..HelloResponse::default()
        }
    }

    fn of_an_empty_disk(found: &HelloResponse) -> Result<(), StartError> {
        judge(NODE, "there", found, None)
    }

    fn of_a_bound_disk(found: &HelloResponse) -> Result<(), StartError> {
        judge(NODE, "there", found, Some(OURS))
    }

    #[test]
    fn a_free_disk_may_be_bound() {
        assert!(of_an_empty_disk(&HelloResponse::default()).is_ok());
        assert!(of_a_bound_disk(&HelloResponse::default()).is_ok());
        assert!(of_a_bound_disk(&found(7, 3, None)).is_ok());
    }

    #[test]
    fn who_was_bound_by_another_is_not_bound_anew() {
        let bound = found(9, 3, None);
        for judged in [of_an_empty_disk(&bound), of_a_bound_disk(&bound)] {
            assert!(matches!(judged, Err(StartError::PeerBound { .. })));
        }
    }

    #[test]
    fn who_has_a_log_has_begun() {
        let judged = of_an_empty_disk(&found(9, 3, Some(5)));
        assert!(matches!(judged, Err(StartError::ClusterExists { .. })));
        let judged = of_a_bound_disk(&found(7, 3, Some(5)));
        assert!(matches!(judged, Err(StartError::LogGone { .. })));
    }

    #[test]
    fn who_has_joined_belongs_to_what_has_begun() {
        let judged = of_an_empty_disk(&found(9, 7, None));
        assert!(matches!(judged, Err(StartError::ClusterExists { .. })));
        let judged = of_a_bound_disk(&found(7, 7, None));
        assert!(matches!(judged, Err(StartError::LogGone { .. })));
    }
}
