//! Changes of the group's members. One at a time; the same once more does nothing and is well.
//!
//! A change of voters passes through a joint membership, where both the old and the new voters must
//! agree. A leader that dies there leaves it to the next one, which [finishes](finish) it: towards
//! the new voters, for a quorum of both has it.

mod finish;
mod plan;

use std::sync::Arc;

use openraft::async_runtime::WatchReceiver;
use openraft::error::{ChangeMembershipError, ClientWriteError, RaftError};
use openraft::raft::Precondition;
use openraft::{ChangeMembers, ServerState};
use tokio::sync::Mutex;

use crate::error::Leader;
use crate::handle::RaftHandle;
use crate::types::{LogId, Raft, TypeConfig};
use plan::{Group, Step};

pub(crate) use finish::Finisher;

/// A change of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Takes a node in that does not vote.
    Add {
        /// The node.
        node: u64,
        /// Where its peers reach it.
        address: String,
    },
    /// Lets a learner vote.
    Promote {
        /// The learner.
        node: u64,
    },
    /// Lets a learner vote in the place of a voter, which leaves.
    Replace {
        /// The voter.
        old: u64,
        /// The learner.
        new: u64,
    },
    /// Takes a node out.
    Remove {
        /// The node.
        node: u64,
    },
}

/// Why members were not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Nothing was changed.
    #[error(transparent)]
    Refused(#[from] ChangeRefusal),
    /// Nothing was changed: another node leads, or none.
    #[error("another node leads")]
    NotLeader {
        /// Who leads, if that is known.
        leader: Option<Leader>,
    },
    /// It may have been changed, or may still be: the same change again tells.
    #[error("nobody knows whether the members were changed")]
    Unknown,
}

/// What forbids a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefusal {
    /// Another change is not done yet.
    #[error("another change of members is not done yet")]
    Busy,
    /// Too few of the voters that there would be answer the leader.
    #[error("of the {voters} voters that there would be, only {answering} answer the leader")]
    BelowQuorum {
        /// Those that there would be.
        voters: usize,
        /// Those of them that answer.
        answering: usize,
    },
    /// The node lacks too much of the leader's log.
    #[error("node_{node} lacks {entries} entries of the leader's log")]
    Behind {
        /// The node.
        node: u64,
        /// What it lacks.
        entries: u64,
    },
    /// The node must be well, and does not answer the leader.
    #[error("node_{node} does not answer the leader")]
    Silent {
        /// The node.
        node: u64,
    },
    /// The node is no member.
    #[error("node_{node} is no member of the group")]
    NoMember {
        /// The node.
        node: u64,
    },
    /// The node does not vote.
    #[error("node_{node} is no voter")]
    NoVoter {
        /// The node.
        node: u64,
    },
    /// The node leads.
    #[error("node_{node} leads")]
    Leads {
        /// The node.
        node: u64,
    },
    /// There is nobody who could lead in the leader's place.
    #[error("no other voter answers the leader")]
    NobodyElse,
    /// The node's clock is off: it does not lead.
    #[error("the clock of node_{node} is off: set it, by NTP for instance")]
    ClockOff {
        /// The node.
        node: u64,
    },
    /// The node is a member at another address.
    #[error("node_{node} is a member at {address}")]
    Elsewhere {
        /// The node.
        node: u64,
        /// Where it is.
        address: String,
    },
}

/// The hand that changes members: of a group there is one, however many clones.
#[derive(Clone)]
pub(crate) struct Members {
    raft: Raft,
    /// Held while members change.
    turn: Arc<Mutex<()>>,
}

impl RaftHandle {
    /// Changes the members, if this node leads and the change leaves a group that is well. Returns
    /// once a quorum has it. What is so already is well, too.
    ///
    /// # Errors
    /// It was not changed, or nobody knows.
    pub async fn change(&self, change: &Change) -> Result<(), ChangeError> {
        self.inner.members.change(change).await
    }
}

impl Members {
    pub(crate) fn new(raft: Raft) -> Self {
        let turn = Arc::default();
        Self { raft, turn }
    }

    async fn change(&self, change: &Change) -> Result<(), ChangeError> {
        let _turn = self.turn.try_lock().map_err(|_| ChangeRefusal::Busy)?;
        let (group, at) = self.group()?;
        let Some(step) = group.plan(change)? else {
            return Ok(());
        };
        tracing::info!(?change, "members change");
        self.step(to_openraft(step), at).await?;
        tracing::info!(?change, "members changed");
        Ok(())
    }

    /// The group as its leader knows it, and where its members were decided.
    fn group(&self) -> Result<(Group, Option<LogId>), ChangeError> {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        let membership = &metrics.membership_config;
        if metrics.state != ServerState::Leader {
            let known = metrics.current_leader.filter(|it| *it != metrics.id);
            let leader = known.map(|node| Leader {
                node,
                address: membership.membership().get_node(&node).cloned(),
            });
            return Err(ChangeError::NotLeader { leader });
        }
        Ok((Group::of(&metrics), *membership.log_id()))
    }

    /// Changes the members if they are still those that were decided `at`.
    async fn step(
        &self,
        changes: ChangeMembers<u64, String>,
        at: Option<LogId>,
    ) -> Result<(), ChangeError> {
        let same = [Precondition::LastMembershipLogId {
            last_membership_log_id: at,
        }];
        // Whoever votes no more is no member.
        let retain = false;
        let changed = self.raft.change_membership_if(changes, retain, same);
        match changed.await {
            Ok(_) => Ok(()),
            Err(RaftError::APIError(error)) => Err(failed(error)),
            Err(RaftError::Fatal(_)) => Err(ChangeError::Unknown),
        }
    }
}

fn to_openraft(step: Step) -> ChangeMembers<u64, String> {
    match step {
        Step::Add(node, address) => ChangeMembers::AddNodes([(node, address)].into()),
        Step::Forget(node) => ChangeMembers::RemoveNodes([node].into()),
        Step::Voters(voters) => ChangeMembers::ReplaceAllVoters(voters),
    }
}

/// A leader that is deposed between the two steps of a change says the same as one that was before
/// the first.
fn failed(error: ClientWriteError<TypeConfig>) -> ChangeError {
    match error {
        ClientWriteError::ChangeMembershipError(ChangeMembershipError::InProgress(_)) => {
            ChangeRefusal::Busy.into()
        }
        ClientWriteError::ChangeMembershipError(ChangeMembershipError::LearnerNotFound(it)) => {
            ChangeRefusal::NoMember { node: it.node_id }.into()
        }
        ClientWriteError::ChangeMembershipError(_)
        | ClientWriteError::ForwardToLeader(_)
        | ClientWriteError::LogEntryDiscarded(_)
        | ClientWriteError::PreconditionFailed(_) => ChangeError::Unknown,
    }
}
