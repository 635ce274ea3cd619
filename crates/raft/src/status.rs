//! Where a group stands.

use openraft::ServerState;
use openraft::async_runtime::WatchReceiver;

use crate::types::Raft;

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
        }
    }
}
