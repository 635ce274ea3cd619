//! Who is in a group, as one node's log has it; and whose of two logs has it later.

use std::collections::{BTreeMap, BTreeSet};

use ackord_proto::stored;
use openraft::async_runtime::WatchReceiver;

use crate::handle::RaftHandle;
use crate::record::{log_id_from_stored, log_id_to_stored};
use crate::types::LogId;

/// See the module. Whether the entry that says so is decided is not known: the later log counts, as
/// it does in an election.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    at: Option<LogId>,
    members: BTreeMap<u64, String>,
    quorums: Vec<BTreeSet<u64>>,
}

impl RaftHandle {
    /// Who is in the group, as this node's log has it. Of nobody before the log says so.
    pub fn roster(&self) -> Roster {
        let metrics = self.inner.raft.metrics();
        let metrics = metrics.borrow_watched();
        let membership = metrics.membership_config.membership();
        let members = membership.nodes();
        Roster {
            at: *metrics.membership_config.log_id(),
            members: members.map(|(id, at)| (*id, at.clone())).collect(),
            quorums: membership.get_joint_config().clone(),
        }
    }

    /// Whether `node` is in the group, as this node's log has it.
    pub fn has_member(&self, node: u64) -> bool {
        let metrics = self.inner.raft.metrics();
        let metrics = metrics.borrow_watched();
        let membership = metrics.membership_config.membership();
        membership.get_node(&node).is_some()
    }
}

impl Roster {
    /// What another node says that its log has.
    pub fn from_stored(at: Option<stored::LogId>, members: Option<stored::Membership>) -> Self {
        let members = members.unwrap_or_default();
        let quorums = members.quorums.into_iter();
        Self {
            at: at.map(log_id_from_stored),
            members: members
                .members
                .into_iter()
                .map(|it| (it.node, it.address))
                .collect(),
            quorums: quorums
                .map(|it| it.nodes.into_iter().collect())
                .filter(|it: &BTreeSet<u64>| !it.is_empty())
                .collect(),
        }
    }

    /// The same for another node.
    pub fn to_stored(&self) -> (Option<stored::LogId>, Option<stored::Membership>) {
        let member = |(node, address): (&u64, &String)| stored::Member {
            node: *node,
            address: address.clone(),
        };
        let quorum = |it: &BTreeSet<u64>| stored::Quorum {
            nodes: it.iter().copied().collect(),
        };
        let members = stored::Membership {
            quorums: self.quorums.iter().map(quorum).collect(),
            members: self.members.iter().map(member).collect(),
        };
        (self.at.map(log_id_to_stored), Some(members))
    }

    /// This one or the other, whichever stands later in a log.
    #[must_use]
    pub fn or_later(self, other: Self) -> Self {
        if other.at > self.at { other } else { self }
    }

    /// All members, with the addresses at which their peers reach them.
    pub fn members(&self) -> impl Iterator<Item = (u64, &str)> {
        self.members.iter().map(|(node, at)| (*node, at.as_str()))
    }

    /// Whether those for whom this holds are a quorum: in the middle of a change, one of the voters
    /// before it and one of those after it. Those who vote both before and after count in both.
    pub fn has_quorum(&self, holds: impl Fn(u64) -> bool) -> bool {
        let majority = |voters: &BTreeSet<u64>| {
            let holding = voters.iter().filter(|it| holds(**it)).count();
            holding * 2 > voters.len()
        };
        !self.quorums.is_empty() && self.quorums.iter().all(majority)
    }
}

#[cfg(test)]
mod tests {
    use openraft::vote::RaftLeaderId;

    use super::*;
    use crate::types::LeaderId;

    fn roster(index: u64, quorums: &[&[u64]]) -> Roster {
        let quorums: Vec<BTreeSet<u64>> = quorums
            .iter()
            .map(|it| it.iter().copied().collect())
            .collect();
        Roster {
            at: Some(LogId::new(LeaderId::new(2, 1), index)),
            members: quorums
                .iter()
                .flatten()
                .map(|it| (*it, format!("h{it}:1")))
                .collect(),
            quorums,
        }
    }

    fn has_quorum(roster: &Roster, of: &[u64]) -> bool {
        roster.has_quorum(|it| of.contains(&it))
    }

    #[test]
    fn more_than_half_of_the_voters_are_a_quorum() {
        let three = roster(7, &[&[1, 2, 3]]);
        assert!(has_quorum(&three, &[1, 3, 9]));
        assert!(!has_quorum(&three, &[1, 9]));
        assert!(!has_quorum(&roster(7, &[&[1, 2]]), &[1]));
        assert!(!has_quorum(&Roster::default(), &[1]));
    }

    #[test]
    fn in_the_middle_of_a_replacement_two_of_four_may_be_a_quorum() {
        // The replaced one is gone, and the disk of the one that came has been lost.
        let joint = roster(7, &[&[1, 2, 4], &[1, 2, 5]]);
        assert!(has_quorum(&joint, &[1, 2]));
        assert!(!has_quorum(&joint, &[1, 5]), "two of one half only");
        assert!(has_quorum(&joint, &[1, 4, 5]));
    }

    #[test]
    fn the_later_one_counts() {
        let (earlier, later) = (roster(7, &[&[1, 2, 3]]), roster(9, &[&[1, 2, 4]]));
        assert_eq!(earlier.clone().or_later(later.clone()), later);
        assert_eq!(later.clone().or_later(earlier), later);
        assert_eq!(Roster::default().or_later(later.clone()), later);
        assert_eq!(later.clone().or_later(Roster::default()), later);
    }

    #[test]
    fn what_is_told_is_understood() {
        let roster = roster(7, &[&[1, 2], &[2, 3]]);
        let (at, members) = roster.to_stored();
        assert_eq!(Roster::from_stored(at, members), roster);
        assert_eq!(Roster::from_stored(None, None), Roster::default());
        let nobody = stored::Membership {
            quorums: vec![stored::Quorum::default()],
            ..stored::Membership::default()
        };
        let nobody = Roster::from_stored(at, Some(nobody));
        assert!(!nobody.has_quorum(|_| true), "nobody decides nothing");
    }
}
