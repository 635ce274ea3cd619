//! Who belongs to the cluster: changes of members, asked of any node and made by the one that
//! leads.
//!
//! A node forwards to the leader, for it alone knows how: the addresses that members have of each
//! other are those of their peer ports, which nobody outside can be sent to.

mod wire;

use std::time::Duration;

use ackord_core::answer::{Rejection, Reply};
use ackord_core::command::{Actor, AdmitNode, Command, Op, RemoveNode};
use ackord_core::id::NodeId;
use ackord_core::model::Node;
use ackord_core::text::PeerAddress;
use ackord_proto::peer::{ChangeRequest, ChangeResponse, InviteRequest};
use ackord_raft::{Change, ChangeError, ChangeRefusal, Leader, Leading, LinkError, Member};
use tokio::time::{Instant, sleep, timeout};

use crate::Machine;
use crate::error::ProposeError;

/// How long the leader may take for a change of members: two entries that a quorum has on disk.
const CHANGE_MAX: Duration = Duration::from_secs(20);
/// How long another node may take until it leads.
const LEAD_MAX: Duration = Duration::from_secs(5);
/// A member that has not answered the leader for this long is not asked to lead.
const SILENT: Duration = Duration::from_secs(1);
/// Nor is one that lacks more entries of the leader's log than this: nothing would be proposed until it
/// has them.
const BEHIND_MAX: u64 = 256;
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why a disk has no number.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// The cluster says no.
    #[error(transparent)]
    Refused(Rejection),
    /// It was not heard, or nobody knows. Asked again, the same disk is given the same number.
    #[error(transparent)]
    Unheard(#[from] ProposeError),
}

/// Who listens at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invited {
    /// A node that belongs to no cluster, and has heard of this one.
    Waits,
    /// A node that has a number in this cluster.
    Ours(NodeId),
    /// A node of another cluster.
    Foreign,
}

impl Machine {
    /// Gives a disk a number in the cluster: always the same one.
    ///
    /// # Errors
    /// It has none, or nobody knows.
    pub async fn admit(&self, disk: u64, address: PeerAddress) -> Result<NodeId, AdmitError> {
        match self
            .cluster_wide(Op::AdmitNode(AdmitNode { disk, address }))
            .await?
        {
            Ok(Reply::Node(node)) => Ok(node),
            Ok(reply) => unreachable!("a disk that is admitted has a number, and not {reply:?}"),
            Err(rejection) => Err(AdmitError::Refused(rejection)),
        }
    }

    /// Asks who listens at `address`. A node with an empty disk hears from it whom it may ask to
    /// join, and then does so by itself.
    ///
    /// # Errors
    /// Nobody answers there.
    pub async fn invite(&self, address: &str) -> Result<Invited, LinkError> {
        let members = self.raft.status().members.into_iter();
        let members = members.map(|it| it.address).collect();
        let peers = &self.exchange.introductions.peers;
        let found = peers.invite(address, InviteRequest { members }).await?;
        let cluster = self.view().cluster.to_be_bytes();
        Ok(match found.node {
            _ if found.cluster.is_empty() => Invited::Waits,
            node if found.cluster == cluster.as_slice() => Invited::Ours(NodeId(node)),
            _ => Invited::Foreign,
        })
    }

    /// Changes the members, whichever node leads. The same change again does nothing more.
    ///
    /// # Errors
    /// They were not changed, or nobody knows.
    pub async fn change(&self, change: Change) -> Result<(), ChangeError> {
        match self.change_here(&change).await {
            Err(ChangeError::NotLeader {
                leader: Some(leader),
            }) => {
                let request = wire::change_to_wire(&change);
                let answer = self.ask_leader_to(&leader, request).await?;
                wire::changed_from_wire(&answer).map(|_| ())
            }
            done => done,
        }
    }

    /// Lets another node lead: this one, or any. Answers who leads.
    ///
    /// # Errors
    /// The node cannot, or nobody else can, or it is not known whether it does.
    pub async fn transfer_leader(&self, to: Option<u64>) -> Result<u64, ChangeError> {
        match self.transfer_from_here(to).await {
            Err(ChangeError::NotLeader {
                leader: Some(leader),
            }) => {
                if to == Some(leader.node) {
                    return Ok(leader.node);
                }
                let request = wire::transfer_to_wire(to);
                let answer = self.ask_leader_to(&leader, request).await?;
                let led_by = wire::changed_from_wire(&answer)?;
                // An earlier version answers whoever leads.
                wanted(to, led_by).ok_or(ChangeError::Unknown)
            }
            done => done,
        }
    }

    /// Flushes the rows of this node, so that a restart has less to apply again. Answers how far
    /// they are on disk; none: nothing was applied yet, or the group has ended.
    pub async fn snapshot(&self) -> Option<u64> {
        self.raft.flush().await
    }

    /// Makes a change that another node was asked for; none: it asks for none.
    pub async fn changed_for_peer(&self, request: ChangeRequest) -> Option<ChangeResponse> {
        let asked = wire::change_from_wire(request)?;
        let done = match asked {
            wire::Asked::Change(change) => self.change_here(&change).await.map(|()| 0),
            wire::Asked::Lead(to) => self.transfer_from_here(to).await,
        };
        Some(wire::changed_to_wire(&done))
    }

    async fn change_here(&self, change: &Change) -> Result<(), ChangeError> {
        let turn = self.changing.try_lock();
        let _turn = turn.map_err(|_| ChangeRefusal::Busy)?;
        if let Change::Add { node, .. } = change {
            self.may_come(*node).await?;
        }
        self.raft.change(change).await?;
        match change {
            Change::Remove { node: gone } | Change::Replace { old: gone, .. } => {
                self.forget(*gone).await
            }
            Change::Add { .. } | Change::Promote { .. } => Ok(()),
        }
    }

    /// Refuses a node that was removed. Such a node asks to be taken in while it has not heard of
    /// it: then this node must have, if anybody has, and lead all the while.
    async fn may_come(&self, node: u64) -> Result<(), ChangeError> {
        let asked = self.raft.status();
        if !asked.leads {
            return Err(self.led_elsewhere());
        }
        if let Some(last) = asked.last_log {
            let applied = timeout(CHANGE_MAX, self.raft.reach(last)).await;
            applied.map_err(|_| ChangeRefusal::Busy)?;
        }
        // In this order: the members are no older than what is known of the node.
        let view = self.view();
        let status = self.raft.status();
        if !status.leads || status.term != asked.term {
            return Err(self.led_elsewhere());
        }
        let Some(known) = view.directory.node(NodeId(node)) else {
            return Ok(());
        };
        let is_member = status.members.iter().any(|it| it.node == node);
        if known.removed.is_none() && !is_member && has_been_member(known) {
            // Whoever took it out led no longer, or died, before it had said so.
            self.forget(node).await?;
            return Err(ChangeRefusal::NoMember { node }.into());
        }
        match known.removed {
            Some(_) => Err(ChangeRefusal::NoMember { node }.into()),
            None => Ok(()),
        }
    }

    fn led_elsewhere(&self) -> ChangeError {
        let leader = match self.raft.leader_watch().now().leading {
            Leading::There(leader) => Some(leader),
            Leading::Here | Leading::Nowhere => None,
        };
        ChangeError::NotLeader { leader }
    }

    /// Keeps a node that is no member any more from coming back.
    async fn forget(&self, node: u64) -> Result<(), ChangeError> {
        let op = Op::RemoveNode(RemoveNode { node: NodeId(node) });
        match self.cluster_wide(op).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(ChangeRefusal::NoMember { node }.into()),
            Err(_) => Err(ChangeError::Unknown),
        }
    }

    async fn cluster_wide(&self, op: Op) -> Result<Result<Reply, Rejection>, ProposeError> {
        let command = Command {
            by: Actor::Cluster,
            team: None,
            op,
        };
        Ok(self.propose(command).await?.answer)
    }

    async fn ask_leader_to(
        &self,
        leader: &Leader,
        request: ChangeRequest,
    ) -> Result<ChangeResponse, ChangeError> {
        let nobody = || ChangeError::NotLeader { leader: None };
        let address = leader.address.as_deref().ok_or_else(nobody)?;
        let peers = &self.exchange.introductions.peers;
        let answer = peers.change(leader.node, address, request);
        match timeout(CHANGE_MAX, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(LinkError::Refused(_))) => Err(nobody()),
            // Whether it was heard, nobody knows.
            Ok(Err(LinkError::Unreachable(_) | LinkError::Broken(_))) | Err(_) => {
                Err(ChangeError::Unknown)
            }
        }
    }

    async fn transfer_from_here(&self, to: Option<u64>) -> Result<u64, ChangeError> {
        let status = self.raft.status();
        if !status.leads {
            return Err(self.led_elsewhere());
        }
        if to == Some(status.node) {
            return Ok(status.node);
        }
        let heir = match to {
            Some(node) => {
                let node = named(status.members.iter(), status.last_log, node)?;
                // A leader that has asked another one proposes nothing until somebody stands.
                self.exchange.fitness.would_stand(node)?;
                node
            }
            None => {
                let heir = self.exchange.fitness.heir(&status);
                heir.ok_or(ChangeRefusal::NobodyElse)?
            }
        };
        self.raft.hand_over(heir).await;
        self.led_by_another(to).await
    }

    /// Waits until another node leads: this one, or any.
    async fn led_by_another(&self, to: Option<u64>) -> Result<u64, ChangeError> {
        let begun = Instant::now();
        while begun.elapsed() < LEAD_MAX {
            if let Leading::There(leader) = self.raft.leader_watch().now().leading
                && let Some(node) = wanted(to, leader.node)
            {
                return Ok(node);
            }
            sleep(LOOK_EVERY).await;
        }
        Err(ChangeError::Unknown)
    }
}

/// The node that leads, if it is the one that was to lead. None was named: any is.
fn wanted(to: Option<u64>, leads: u64) -> Option<u64> {
    to.is_none_or(|it| it == leads).then_some(leads)
}

/// Whether a node was a member at some time: it was one when the cluster was born and its disk is not
/// known yet, or a process of it has begun, which only a member can say.
fn has_been_member(known: &Node) -> bool {
    known.disk.is_none() || known.process.is_some()
}

/// The member of this number, if it can lead at once where `last` is the last entry of the leader's log.
fn named<'a>(
    mut members: impl Iterator<Item = &'a Member>,
    last: Option<u64>,
    node: u64,
) -> Result<u64, ChangeRefusal> {
    let member = members.find(|it| it.node == node);
    let member = member.ok_or(ChangeRefusal::NoMember { node })?;
    if !member.votes {
        return Err(ChangeRefusal::NoVoter { node });
    }
    if !answers(member) {
        return Err(ChangeRefusal::Silent { node });
    }
    let entries = lacked(member, last);
    if entries > BEHIND_MAX {
        return Err(ChangeRefusal::Behind { node, entries });
    }
    Ok(node)
}

/// Entries of the leader's log that a member is not known to have.
fn lacked(member: &Member, last: Option<u64>) -> u64 {
    let end = |it: Option<u64>| it.map_or(0, |it| it + 1);
    end(last).saturating_sub(end(member.matching))
}

/// The voter that is there and lacks least.
pub(crate) fn best<'a>(members: impl Iterator<Item = &'a Member>) -> Option<u64> {
    let able = members.filter(|it| it.votes && answers(it));
    able.max_by_key(|it| it.matching).map(|it| it.node)
}

fn answers(member: &Member) -> bool {
    member.answered.is_some_and(|it| it < SILENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(node: u64, votes: bool, matching: u64, silent: bool) -> Member {
        Member {
            node,
            address: format!("h{node}:1"),
            votes,
            passing: None,
            matching: Some(matching),
            answered: (!silent).then_some(Duration::ZERO),
        }
    }

    #[test]
    fn who_lacks_least_leads_next() {
        let members = [
            member(2, true, 5, false),
            member(3, true, 9, false),
            member(4, false, 10, false),
            member(5, true, 11, true),
        ];
        assert_eq!(best(members.iter()), Some(3));
        assert_eq!(best(members[2..].iter()), None);
    }

    #[test]
    fn who_is_named_must_be_able_to_lead() {
        let members = [
            member(3, true, 8, false),
            member(4, false, 10, false),
            member(5, true, 11, true),
        ];
        let named = |node| named(members.iter(), Some(11), node);
        assert_eq!(named(3), Ok(3));
        assert_eq!(named(4), Err(ChangeRefusal::NoVoter { node: 4 }));
        assert_eq!(named(5), Err(ChangeRefusal::Silent { node: 5 }));
        assert_eq!(named(6), Err(ChangeRefusal::NoMember { node: 6 }));
    }

    #[test]
    fn who_is_named_and_lacks_much_does_not_stop_the_others() {
        let voter = [member(2, true, 9, false)];
        let named = |last| named(voter.iter(), last, 2);
        assert_eq!(named(Some(9 + BEHIND_MAX)), Ok(2));
        let entries = BEHIND_MAX + 1;
        let behind = ChangeRefusal::Behind { node: 2, entries };
        assert_eq!(named(Some(9 + entries)), Err(behind));
    }

    #[test]
    fn another_leader_than_the_one_that_is_named_is_none() {
        assert_eq!(wanted(None, 3), Some(3));
        assert_eq!(wanted(Some(3), 3), Some(3));
        assert_eq!(wanted(Some(2), 3), None);
    }
}
