//! Changes of the cluster's members. Each may be asked of any node, and asked again.

use std::time::Duration;

use ackord_core::id::NodeId;
use ackord_machine::{Change, ChangeError, ChangeRefusal, Invited, LinkError};
use ackord_proto::v1;
use ackord_proto::v1::RefusalReason as Reason;
use tokio::time::timeout;
use tonic::Request;

use crate::api::Api;
use crate::refused::Refused;

/// How long a flush of the rows may take before its caller is not told any more.
const FLUSH_MAX: Duration = Duration::from_secs(60);

impl Api {
    /// What an operator sends.
    pub(crate) async fn operate<T>(&self, request: Request<T>) -> Result<T, Refused> {
        let (caller, asked) = self.open(request).await?;
        caller.need_operator()?;
        Ok(asked)
    }

    pub(crate) async fn add_node(
        &self,
        asked: v1::AddNodeRequest,
    ) -> Result<v1::AddNodeResponse, Refused> {
        let address = asked.address;
        let found = self.machine.invite(&address).await;
        let (state, node) = match found.map_err(|error| unheard(&address, &error))? {
            Invited::Waits => (v1::AddNodeState::Invited, None),
            Invited::Ours(node) if self.is_member(node) => (v1::AddNodeState::Member, Some(node)),
            Invited::Ours(node) => (v1::AddNodeState::Admitted, Some(node)),
            Invited::Foreign => {
                let message = format!("the node at {address} is of another cluster");
                return Err(Refused::new(Reason::NotMember, message));
            }
        };
        Ok(v1::AddNodeResponse {
            state: state.into(),
            node_id: node.map(|it| it.to_string()).unwrap_or_default(),
        })
    }

    fn is_member(&self, node: NodeId) -> bool {
        let members = self.machine.status().members;
        members.iter().any(|it| it.node == node.0)
    }

    pub(crate) async fn change(&self, change: Change) -> Result<(), Refused> {
        Ok(self.machine.change(change).await?)
    }

    pub(crate) async fn transfer_leader(
        &self,
        asked: v1::TransferLeaderRequest,
    ) -> Result<v1::TransferLeaderResponse, Refused> {
        let to = match asked.node_id.as_str() {
            "" => None,
            it => Some(node("node_id", it)?),
        };
        let leader = self.machine.transfer_leader(to).await?;
        Ok(v1::TransferLeaderResponse {
            leader_id: NodeId(leader).to_string(),
        })
    }

    pub(crate) async fn take_snapshot(&self) -> Result<v1::TakeSnapshotResponse, Refused> {
        let taken = timeout(FLUSH_MAX, self.machine.snapshot()).await;
        let Ok(Some(flushed_index)) = taken else {
            let message = "the rows are not on disk yet";
            return Err(Refused::new(Reason::UnknownOutcome, message));
        };
        Ok(v1::TakeSnapshotResponse {
            node_id: self.node.to_string(),
            flushed_index,
        })
    }
}

/// The number of a node that a field names.
pub(crate) fn node(field: &str, text: &str) -> Result<u64, Refused> {
    let node: Result<NodeId, _> = text.parse();
    node.map(|it| it.0)
        .map_err(|_| Refused::invalid(field, "names a node, such as node_4"))
}

fn unheard(address: &str, error: &LinkError) -> Refused {
    let message = format!("nobody answers at {address}: {error}");
    Refused::new(Reason::NotHealthy, message)
}

impl From<ChangeError> for Refused {
    fn from(error: ChangeError) -> Self {
        let reason = match &error {
            ChangeError::NotLeader { .. } => Reason::NoLeader,
            ChangeError::Unknown => Reason::UnknownOutcome,
            ChangeError::Refused(refusal) => match refusal {
                ChangeRefusal::Busy => Reason::ChangeRuns,
                ChangeRefusal::BelowQuorum { .. } => Reason::BelowQuorum,
                ChangeRefusal::Behind { .. } => Reason::NotCaughtUp,
                ChangeRefusal::Silent { .. }
                | ChangeRefusal::ClockOff { .. }
                | ChangeRefusal::NobodyElse => Reason::NotHealthy,
                ChangeRefusal::Leads { .. } => Reason::Leads,
                ChangeRefusal::NoMember { .. }
                | ChangeRefusal::NoVoter { .. }
                | ChangeRefusal::Elsewhere { .. } => Reason::NotMember,
            },
        };
        Self::new(reason, error.to_string())
    }
}
