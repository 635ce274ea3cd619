//! Whether this node still belongs to its cluster. A node that was removed may never hear it from
//! the log; so one that is no member, or out of touch, asks the others.

use std::time::Duration;

use ackord_machine::Machine;
use ackord_proto::peer::{JoinOutcome as Outcome, JoinRequest};
use ackord_store::Identity;
use tokio::time::sleep;

use super::super::StartError;
use super::gate::Gate;
use super::waiting::Waiting;

/// How often this is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Sees to it that this node is a member, as long as it may be. Returns when it must end: it was
/// removed, or its number belongs to another disk. Two processes on copies of one disk are told
/// apart before that, by how their logs end.
pub(in super::super) async fn belongs(
    gate: &Gate,
    machine: &Machine,
    identity: Identity,
) -> StartError {
    let mut waiting = Waiting::new("the cluster to know this node".to_owned());
    loop {
        sleep(LOOK_EVERY).await;
        if let Some(end) = by_record(machine, identity) {
            return end;
        }
        let members = machine.status().members;
        let is_member = members.iter().any(|it| it.node == identity.node.0);
        if is_member && !machine.is_stale() {
            continue;
        }
        if let Some(end) = ask(gate, identity, &mut waiting).await {
            return end;
        }
    }
}

/// Why this node must end, as its own log has it.
fn by_record(machine: &Machine, identity: Identity) -> Option<StartError> {
    let node = identity.node;
    let view = machine.view();
    let known = view.directory.node(node)?;
    if known.removed.is_some() {
        return Some(StartError::Removed { node: Some(node) });
    }
    let other = known.disk.is_some_and(|it| it != identity.incarnation);
    other.then_some(StartError::NumberTaken { node })
}

/// Asks the others, until one knows.
async fn ask(gate: &Gate, identity: Identity, waiting: &mut Waiting) -> Option<StartError> {
    let Identity {
        cluster,
        node,
        incarnation,
    } = identity;
    let cluster = cluster.to_be_bytes();
    let request = JoinRequest {
        disk: incarnation,
        address: gate.address().to_owned(),
        cluster: cluster.to_vec().into(),
        node: node.0,
    };
    for address in gate.known_addresses() {
        let response = match ackord_peer::join(&address, gate.tls(), request.clone()).await {
            Ok(response) => response,
            Err(error) => {
                waiting.note(&format!("{address}: {error}"));
                continue;
            }
        };
        let ours = response.cluster == cluster.as_slice();
        match response.outcome() {
            Outcome::Member if ours => return None,
            Outcome::Removed if ours => return Some(StartError::Removed { node: Some(node) }),
            Outcome::OtherDisk if ours => return Some(StartError::NumberTaken { node }),
            Outcome::Member
            | Outcome::Removed
            | Outcome::OtherDisk
            | Outcome::Refused
            | Outcome::Admitted
            | Outcome::Later
            | Outcome::Unspecified => waiting.note(&format!("{address}: {}", response.message)),
        }
    }
    None
}
