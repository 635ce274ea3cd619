//! The other side of joining: a member that is asked. Whoever reaches the peer port may join, for
//! that is where trust is checked; but nobody votes whom no operator has promoted.

use ackord_core::answer::Rejection;
use ackord_core::id::NodeId;
use ackord_core::text::PeerAddress;
use ackord_machine::{AdmitError, Change, ChangeError, ChangeRefusal, Machine};
use ackord_proto::peer::{HelloRequest, JoinOutcome as Outcome, JoinRequest, JoinResponse};

use super::gate::Gate;

/// Takes a node in, or says why not.
pub(super) async fn answer(gate: &Gate, request: JoinRequest) -> JoinResponse {
    let Some(machine) = gate.machine() else {
        return say(Outcome::Later, "this node belongs to no cluster itself");
    };
    let cluster = machine.view().cluster;
    if cluster == 0 || machine.is_stale() {
        return say(Outcome::Later, "this node is not in touch with its cluster");
    }
    let response = if request.node == 0 {
        admit(gate, machine, &request).await
    } else if request.cluster != cluster.to_be_bytes().as_slice() {
        say(Outcome::Later, "this node is of another cluster")
    } else {
        take_in(machine, &request).await
    };
    JoinResponse {
        cluster: cluster.to_be_bytes().to_vec().into(),
        ..response
    }
}

/// Gives the node a number, if it is where it says that it is.
async fn admit(gate: &Gate, machine: &Machine, request: &JoinRequest) -> JoinResponse {
    let address = match PeerAddress::new(request.address.clone()) {
        Ok(address) => address,
        Err(error) => return say(Outcome::Refused, error.to_string()),
    };
    let question = HelloRequest::default();
    let needed = machine.view().format;
    match ackord_peer::hello(address.as_str(), gate.tls(), question).await {
        Ok(found) if found.format < needed => {
            let known = found.format;
            let old = format!("its program knows format {known}, the cluster has {needed}");
            return say(Outcome::Refused, old);
        }
        Ok(found) if found.cluster.is_empty() && found.incarnation == request.disk => {}
        Ok(found) if found.node != 0 => {
            let other = format!("{} listens at {address}", NodeId(found.node));
            return say(Outcome::Refused, other);
        }
        Ok(_) => {
            return say(
                Outcome::Refused,
                format!("another node listens at {address}"),
            );
        }
        Err(error) => {
            let nobody = format!("the cluster does not reach this node at {address}: {error}");
            return say(Outcome::Later, nobody);
        }
    }
    match machine.admit(request.disk, address).await {
        Ok(node) => JoinResponse {
            node: node.0,
            ..say(Outcome::Admitted, "")
        },
        Err(AdmitError::Refused(Rejection::NodeRemoved)) => {
            say(Outcome::Removed, "the node was removed")
        }
        Err(AdmitError::Refused(rejection @ Rejection::Limit(_))) => {
            let full = format!("{rejection}: remove nodes that are gone");
            say(Outcome::Later, full)
        }
        Err(AdmitError::Refused(rejection)) => say(Outcome::Refused, rejection.to_string()),
        Err(AdmitError::Unheard(error)) => say(Outcome::Later, error.to_string()),
    }
}

/// Makes a node that has a number a member, unless it is one.
async fn take_in(machine: &Machine, request: &JoinRequest) -> JoinResponse {
    let node = request.node;
    let view = machine.view();
    let Some(known) = view.directory.node(NodeId(node)) else {
        return say(Outcome::Later, "this node has not heard of that number yet");
    };
    if known.removed.is_some() {
        return say(Outcome::Removed, format!("{} was removed", known.id));
    }
    if known.disk.is_some_and(|it| it != request.disk) {
        return say(Outcome::OtherDisk, format!("{} has another disk", known.id));
    }
    let members = machine.status().members;
    if members.iter().any(|it| it.node == node) {
        return say(Outcome::Member, "");
    }
    let address = known.address.to_string();
    match machine.change(Change::Add { node, address }).await {
        Ok(()) => say(Outcome::Member, ""),
        Err(error @ ChangeError::Refused(ChangeRefusal::Elsewhere { .. })) => {
            say(Outcome::Refused, error.to_string())
        }
        Err(error) => say(Outcome::Later, error.to_string()),
    }
}

fn say(outcome: Outcome, message: impl Into<String>) -> JoinResponse {
    JoinResponse {
        outcome: outcome.into(),
        message: message.into(),
        ..JoinResponse::default()
    }
}
