//! Leadership goes to another node before this one stops, so that nobody has to miss it first.

use ackord_core::id::NodeId;
use ackord_machine::Machine;

/// Hands leadership over, if this node leads and is not alone. Safe to skip: the others elect one of
/// them once they miss this node.
pub(super) async fn hand_over(machine: &Machine) {
    let status = machine.status();
    if !status.leads || status.members.len() < 2 {
        return;
    }
    tracing::info!("handing leadership over");
    match machine.transfer_leader(None).await {
        Ok(leader) => {
            let (to, term) = (NodeId(leader), machine.status().term);
            tracing::info!(%to, term, "leadership was handed over");
        }
        Err(error) => {
            tracing::warn!(%error, "leadership is not handed over: the others will miss this node");
        }
    }
}
