//! Where a group stands.

use std::collections::BTreeSet;
use std::time::Duration;

use openraft::async_runtime::{Instant as _, WatchReceiver};
use openraft::{RaftMetrics, ServerState};

use crate::types::{Raft, TypeConfig};

/// Where a group stands, as this node sees it. Indices are none before the first entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// This node.
    pub node: u64,
    /// Whether this node leads, and may propose.
    pub leads: bool,
    /// Who leads.
    pub leader: Option<u64>,
    /// The term.
    pub term: u64,
    /// The last entry of this node's log.
    pub last_log: Option<u64>,
    /// The last entry that this node knows a quorum to have.
    pub committed: Option<u64>,
    /// The last entry applied.
    pub applied: Option<u64>,
    /// The last entry in the rows as a restart would find them, as of the last snapshot.
    pub flushed: Option<u64>,
    /// The last entry that was purged from the log.
    pub purged: Option<u64>,
    /// All members of the group, this node included, by their numbers.
    pub members: Vec<Member>,
}

/// A member of a group, as this node knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The node.
    pub node: u64,
    /// Where its peers reach it, as `host:port`.
    pub address: String,
    /// Whether it counts in a quorum.
    pub votes: bool,
    /// What becomes of its vote; none: it stays as it is.
    pub passing: Option<Passing>,
    /// The last entry that its log is known to have; only a leader knows, and of itself too.
    pub matching: Option<u64>,
    /// How long ago the leader sent what the member has answered since; only a leader knows.
    pub answered: Option<Duration>,
}

/// What a change of members that is not done yet does to a voter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// It votes already, and will go on.
    Entering,
    /// It still votes, and will not go on.
    Leaving,
}

impl Passing {
    fn of(configs: &[BTreeSet<u64>], node: u64) -> Option<Self> {
        let sits = |it: Option<&BTreeSet<u64>>| it.is_some_and(|it| it.contains(&node));
        match (sits(configs.first()), sits(configs.last())) {
            (true, false) => Some(Self::Leaving),
            (false, true) => Some(Self::Entering),
            (true, true) | (false, false) => None,
        }
    }
}

impl Status {
    pub(crate) fn of(raft: &Raft) -> Self {
        let metrics = raft.metrics();
        let metrics = metrics.borrow_watched();
        Self {
            node: metrics.id,
            leads: metrics.state == ServerState::Leader,
            leader: metrics.current_leader,
            term: metrics.current_term,
            last_log: metrics.last_log_index,
            committed: metrics.cluster_committed.map(|it| it.index),
            applied: metrics.last_applied.map(|it| it.index),
            flushed: metrics.snapshot.map(|it| it.index),
            purged: metrics.purged.map(|it| it.index),
            members: members(&metrics),
        }
    }
}

fn members(metrics: &RaftMetrics<TypeConfig>) -> Vec<Member> {
    let membership = metrics.membership_config.membership();
    let member = |(node, address): (&u64, &String)| {
        let matching = metrics.replication.as_ref();
        let matching = matching.and_then(|it| it.get(node)?.as_ref().map(|it| it.index));
        let answered = metrics.heartbeat.as_ref();
        let answered = answered.and_then(|it| it.get(node)?.as_ref().map(|it| it.elapsed()));
        Member {
            node: *node,
            address: address.clone(),
            votes: membership.voter_ids().any(|it| it == *node),
            passing: Passing::of(membership.get_joint_config(), *node),
            matching,
            answered,
        }
    };
    membership.nodes().map(member).collect()
}
