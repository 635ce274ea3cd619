//! The cluster as this node sees it.

use std::time::Duration;

use ackord_core::id::NodeId;
use ackord_machine::{Change, Member, Passing, Status};
use ackord_proto::v1;
use ackord_proto::v1::cluster_service_server::ClusterService;
use tonic::Request;

use crate::api::{Answer, Api, LOG, answer};
use crate::members::node;

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
        self.0.caller(request.metadata()).await?;
        let figures = self.0.machine.figures().await;
        let (status, view) = (self.0.machine.status(), self.0.machine.view());
        // Who was heard of last leads nobody here, though it may be this node itself: without a quorum it does
        // not step back by itself.
        let status = match self.0.machine.is_stale() {
            true => Status {
                leads: false,
                leader: None,
                ..status
            },
            false => status,
        };
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
            format: view.format,
            members: status.members.iter().map(member).collect(),
            clock_offset_ms: self.0.machine.clock_offset_ms(),
            clock_off: self.0.machine.is_clock_off(),
            known_format: self.0.machine.known_format(),
            log_bytes: figures.log.disk_bytes,
            disk_bytes: figures.log.disk_bytes + figures.rows.disk_bytes,
            draining: self.0.is_draining(),
        })
    }

    async fn add_node(&self, request: Request<v1::AddNodeRequest>) -> Answer<v1::AddNodeResponse> {
        let asked = self.0.operate(request).await?;
        answer(self.0.add_node(asked).await?)
    }

    async fn promote_node(
        &self,
        request: Request<v1::PromoteNodeRequest>,
    ) -> Answer<v1::PromoteNodeResponse> {
        let asked = self.0.operate(request).await?;
        let node = node("node_id", &asked.node_id)?;
        self.0.change(Change::Promote { node }).await?;
        answer(v1::PromoteNodeResponse {})
    }

    async fn replace_node(
        &self,
        request: Request<v1::ReplaceNodeRequest>,
    ) -> Answer<v1::ReplaceNodeResponse> {
        let asked = self.0.operate(request).await?;
        let old = node("old_node_id", &asked.old_node_id)?;
        let new = node("new_node_id", &asked.new_node_id)?;
        self.0.change(Change::Replace { old, new }).await?;
        answer(v1::ReplaceNodeResponse {})
    }

    async fn remove_node(
        &self,
        request: Request<v1::RemoveNodeRequest>,
    ) -> Answer<v1::RemoveNodeResponse> {
        let asked = self.0.operate(request).await?;
        let node = node("node_id", &asked.node_id)?;
        self.0.change(Change::Remove { node }).await?;
        answer(v1::RemoveNodeResponse {})
    }

    async fn transfer_leader(
        &self,
        request: Request<v1::TransferLeaderRequest>,
    ) -> Answer<v1::TransferLeaderResponse> {
        let asked = self.0.operate(request).await?;
        answer(self.0.transfer_leader(asked).await?)
    }

    async fn raise_format(
        &self,
        request: Request<v1::RaiseFormatRequest>,
    ) -> Answer<v1::RaiseFormatResponse> {
        answer(self.0.raise_format(request).await?)
    }

    async fn take_snapshot(
        &self,
        request: Request<v1::TakeSnapshotRequest>,
    ) -> Answer<v1::TakeSnapshotResponse> {
        let v1::TakeSnapshotRequest {} = self.0.operate(request).await?;
        answer(self.0.take_snapshot().await?)
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
        passing: it.passing.map_or(v1::Passing::Unspecified, passing).into(),
    }
}

const fn passing(it: Passing) -> v1::Passing {
    match it {
        Passing::Entering => v1::Passing::Entering,
        Passing::Leaving => v1::Passing::Leaving,
    }
}

fn role(status: &Status) -> v1::NodeRole {
    let mut voters = status.members.iter().filter(|it| it.votes);
    let votes = voters.any(|it| it.node == status.node);
    match (status.leads, status.leader) {
        (true, _) => v1::NodeRole::Leader,
        // Of a node that has not heard who the members are, nobody knows better.
        (false, _) if !votes => v1::NodeRole::Learner,
        (false, Some(_)) => v1::NodeRole::Follower,
        (false, None) => v1::NodeRole::Candidate,
    }
}
