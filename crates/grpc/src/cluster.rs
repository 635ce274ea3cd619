//! The cluster as this node sees it.

use std::time::Duration;

use ackord_core::FORMAT;
use ackord_core::id::NodeId;
use ackord_machine::{Member, Status};
use ackord_proto::v1;
use ackord_proto::v1::cluster_service_server::ClusterService;
use tonic::Request;

use crate::api::{Answer, Api, LOG, answer};

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Cluster(pub(crate) Api);

#[tonic::async_trait]
impl ClusterService for Cluster {
    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Answer<v1::GetStatusResponse> {
        // Answered by a node that has lost the others, too: that is what one wants to know then.
        self.0.caller(request.metadata())?;
        let (status, view) = (self.0.machine.status(), self.0.machine.view());
        let leader = status.leader.map(|it| NodeId(it).to_string());
        answer(v1::GetStatusResponse {
            cluster_id: format!("{:032x}", view.cluster),
            node_id: self.0.node.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            role: role(&status).into(),
            term: status.term,
            leader_id: leader.unwrap_or_default(),
            epoch: LOG.epoch,
            group: LOG.group,
            last_log_index: status.last_log.unwrap_or_default(),
            committed_index: status.committed.unwrap_or_default(),
            applied_index: status.applied.unwrap_or_default(),
            flushed_index: status.flushed.unwrap_or_default(),
            log_time_ms: view.now.0,
            format: FORMAT,
            members: status.members.iter().map(member).collect(),
        })
    }
}

fn member(it: &Member) -> v1::Member {
    let millis = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
    v1::Member {
        node_id: NodeId(it.node).to_string(),
        peer_address: it.address.clone(),
        voter: it.votes,
        matching_index: it.matching,
        answered_ms_ago: it.answered.map(millis),
    }
}

const fn role(status: &Status) -> v1::NodeRole {
    match (status.leads, status.leader) {
        (true, _) => v1::NodeRole::Leader,
        (false, Some(_)) => v1::NodeRole::Follower,
        (false, None) => v1::NodeRole::Candidate,
    }
}
