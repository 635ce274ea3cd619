//! Who leads, and the news of it.

use openraft::ServerState;
use openraft::async_runtime::WatchReceiver;
use openraft::raft::ReadPolicy;
use openraft::type_config::alias::WatchReceiverOf;

use crate::error::Leader;
use crate::handle::RaftHandle;
use crate::types::TypeConfig;

/// Who leads, as far as this node knows. One that is gone leads until somebody stands for
/// election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leading {
    /// This node.
    Here,
    /// Another one.
    There(Leader),
    /// Nobody.
    Nowhere,
}

/// Who leads, in which term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Led {
    /// The term.
    pub term: u64,
    /// Who leads in it.
    pub leading: Leading,
}

/// Waits for the next leader. For one waiter.
pub struct LeaderWatch {
    metrics: WatchReceiverOf<TypeConfig, openraft::metrics::RaftServerMetrics<TypeConfig>>,
}

impl RaftHandle {
    /// The term that this node knows of.
    pub fn term(&self) -> u64 {
        self.inner.raft.metrics().borrow_watched().current_term
    }

    /// How many entries were decided before this call, at least, once a quorum has confirmed that
    /// this node still leads. None if it does not, or no quorum answers.
    pub async fn confirm(&self) -> Option<u64> {
        let read = self.inner.raft.get_read_linearizer(ReadPolicy::ReadIndex);
        let read = read.await.ok()?;
        Some(read.read_log_id().index() + 1)
    }

    /// Who leads, from now on.
    pub fn leader_watch(&self) -> LeaderWatch {
        LeaderWatch {
            metrics: self.inner.raft.server_metrics(),
        }
    }
}

impl LeaderWatch {
    /// Who leads now.
    pub fn now(&self) -> Led {
        let metrics = self.metrics.borrow_watched();
        let leading = match metrics.current_leader {
            _ if metrics.state == ServerState::Leader => Leading::Here,
            // It was this node, until now.
            Some(node) if node == metrics.id => Leading::Nowhere,
            Some(node) => Leading::There(Leader {
                node,
                address: metrics
                    .membership_config
                    .membership()
                    .get_node(&node)
                    .cloned(),
            }),
            None => Leading::Nowhere,
        };
        Led {
            term: metrics.vote.leader_id.term,
            leading,
        }
    }

    /// Returns when somebody else may lead; false once the group has ended. May be dropped and
    /// called again.
    pub async fn changed(&mut self) -> bool {
        self.metrics.changed().await.is_ok()
    }
}
