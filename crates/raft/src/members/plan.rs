//! Whether a change may be, and what of it is left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use openraft::RaftMetrics;
use openraft::async_runtime::Instant as _;

use super::{Change, ChangeRefusal};
use crate::types::TypeConfig;

/// A member that has not answered the leader for this long is not well.
const SILENT: Duration = Duration::from_secs(2);
/// A learner that lacks more entries of the leader's log than this has not caught up.
const BEHIND_MAX: u64 = 256;

/// The group as its leader knows it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) leader: u64,
    /// In the middle of a change.
    pub(super) joint: bool,
    pub(super) voters: BTreeSet<u64>,
    pub(super) members: BTreeMap<u64, Standing>,
}

/// How a member stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) address: String,
    pub(super) silent: bool,
    /// Entries of the leader's log that it lacks.
    pub(super) lacks: u64,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A new learner.
    Add(u64, String),
    /// A learner less.
    Forget(u64),
    /// Who votes from now on.
    Voters(BTreeSet<u64>),
}

impl Group {
    pub(super) fn of(metrics: &RaftMetrics<TypeConfig>) -> Self {
        let membership = metrics.membership_config.membership();
        let end = metrics.last_log_index.map_or(0, |it| it + 1);
        let standing = |node: &u64, address: &String| {
            let itself = *node == metrics.id;
            let heard = metrics.heartbeat.as_ref().and_then(|it| it.get(node));
            let heard = heard.and_then(|it| it.as_ref().map(|it| it.elapsed()));
            let matching = metrics.replication.as_ref().and_then(|it| it.get(node));
            let has = matching.and_then(|it| it.as_ref().map(|it| it.index + 1));
            Standing {
                address: address.clone(),
                silent: !itself && heard.is_none_or(|it| it >= SILENT),
                lacks: end.saturating_sub(if itself { end } else { has.unwrap_or(0) }),
            }
        };
        let members = membership.nodes();
        Self {
            leader: metrics.id,
            joint: membership.get_joint_config().len() > 1,
            voters: membership.voter_ids().collect(),
            members: members.map(|(id, it)| (*id, standing(id, it))).collect(),
        }
    }

    /// What is left to do of a change; none: it is so already.
    ///
    /// # Errors
    /// It must not be done.
    pub(super) fn plan(&self, change: &Change) -> Result<Option<Step>, ChangeRefusal> {
        if self.joint {
            return Err(ChangeRefusal::Busy);
        }
        match change {
            Change::Add { node, address } => self.add(*node, address),
            Change::Promote { node } => self.promote(*node),
            Change::Replace { old, new } => self.replace(*old, *new),
            Change::Remove { node } => self.remove(*node),
        }
    }

    fn add(&self, node: u64, address: &str) -> Result<Option<Step>, ChangeRefusal> {
        match self.members.get(&node) {
            None => Ok(Some(Step::Add(node, address.to_owned()))),
            Some(it) if it.address == address => Ok(None),
            Some(it) => Err(ChangeRefusal::Elsewhere {
                node,
                address: it.address.clone(),
            }),
        }
    }

    fn promote(&self, node: u64) -> Result<Option<Step>, ChangeRefusal> {
        if self.voters.contains(&node) {
            return Ok(None);
        }
        self.caught_up(node)?;
        let mut voters = self.voters.clone();
        voters.insert(node);
        self.has_quorum(&voters)?;
        Ok(Some(Step::Voters(voters)))
    }

    fn replace(&self, old: u64, new: u64) -> Result<Option<Step>, ChangeRefusal> {
        if !self.voters.contains(&old) {
            let done = self.voters.contains(&new) && !self.members.contains_key(&old);
            let missing = ChangeRefusal::NoVoter { node: old };
            return if done { Ok(None) } else { Err(missing) };
        }
        if old == self.leader {
            return Err(ChangeRefusal::Leads { node: old });
        }
        self.caught_up(new)?;
        let mut voters = self.voters.clone();
        voters.remove(&old);
        voters.insert(new);
        if let Some(node) = voters.iter().find(|it| self.is_silent(**it)) {
            return Err(ChangeRefusal::Silent { node: *node });
        }
        Ok(Some(Step::Voters(voters)))
    }

    fn remove(&self, node: u64) -> Result<Option<Step>, ChangeRefusal> {
        if !self.members.contains_key(&node) {
            return Ok(None);
        }
        if node == self.leader {
            return Err(ChangeRefusal::Leads { node });
        }
        let mut voters = self.voters.clone();
        if !voters.remove(&node) {
            return Ok(Some(Step::Forget(node)));
        }
        self.has_quorum(&voters)?;
        Ok(Some(Step::Voters(voters)))
    }

    /// Refuses a node that is not there, or lacks too much to vote.
    fn caught_up(&self, node: u64) -> Result<(), ChangeRefusal> {
        let standing = self.members.get(&node);
        let standing = standing.ok_or(ChangeRefusal::NoMember { node })?;
        if standing.silent {
            return Err(ChangeRefusal::Silent { node });
        }
        let entries = standing.lacks;
        if entries > BEHIND_MAX {
            return Err(ChangeRefusal::Behind { node, entries });
        }
        Ok(())
    }

    /// Refuses voters of whom too few answer.
    fn has_quorum(&self, voters: &BTreeSet<u64>) -> Result<(), ChangeRefusal> {
        let answering = voters.iter().filter(|it| !self.is_silent(**it)).count();
        let voters = voters.len();
        if answering * 2 > voters {
            return Ok(());
        }
        Err(ChangeRefusal::BelowQuorum { voters, answering })
    }

    fn is_silent(&self, node: u64) -> bool {
        self.members.get(&node).is_none_or(|it| it.silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Led by the first; members that do not vote come behind.
    fn group(voters: &[u64], learners: &[u64]) -> Group {
        let member = |node: &u64| {
            let standing = Standing {
                address: format!("h{node}:1"),
                silent: false,
                lacks: 0,
            };
            (*node, standing)
        };
        Group {
            leader: voters[0],
            joint: false,
            voters: voters.iter().copied().collect(),
            members: voters.iter().chain(learners).map(member).collect(),
        }
    }

    impl Group {
        fn silent(mut self, nodes: &[u64]) -> Self {
            for node in nodes {
                self.members.get_mut(node).expect("a member").silent = true;
            }
            self
        }
    }

    fn voters(nodes: &[u64]) -> Result<Option<Step>, ChangeRefusal> {
        Ok(Some(Step::Voters(nodes.iter().copied().collect())))
    }

    const PROMOTE: Change = Change::Promote { node: 4 };
    const REPLACE: Change = Change::Replace { old: 3, new: 4 };
    const REMOVE: Change = Change::Remove { node: 3 };

    fn add(address: &str) -> Change {
        Change::Add {
            node: 4,
            address: address.to_owned(),
        }
    }

    #[test]
    fn what_is_so_already_needs_nothing() {
        assert_eq!(group(&[1, 2, 3], &[4]).plan(&add("h4:1")), Ok(None));
        assert_eq!(group(&[1, 2, 3, 4], &[]).plan(&PROMOTE), Ok(None));
        assert_eq!(group(&[1, 2, 4], &[]).plan(&REPLACE), Ok(None));
        assert_eq!(group(&[1, 2], &[]).plan(&REMOVE), Ok(None));
    }

    #[test]
    fn each_change_names_who_votes_after_it() {
        let three = || group(&[1, 2, 3], &[4]);
        assert_eq!(three().plan(&PROMOTE), voters(&[1, 2, 3, 4]));
        assert_eq!(three().plan(&REPLACE), voters(&[1, 2, 4]));
        assert_eq!(three().plan(&REMOVE), voters(&[1, 2]));
        let learner = three().plan(&Change::Remove { node: 4 });
        assert_eq!(learner, Ok(Some(Step::Forget(4))));
        let new = group(&[1, 2, 3], &[]).plan(&add("h4:1"));
        assert_eq!(new, Ok(Some(Step::Add(4, "h4:1".to_owned()))));
    }

    #[test]
    fn one_change_runs_at_a_time() {
        for change in [PROMOTE, REPLACE, REMOVE, add("h4:1")] {
            let mut joint = group(&[1, 2, 3], &[4]);
            joint.joint = true;
            assert_eq!(joint.plan(&change), Err(ChangeRefusal::Busy));
        }
    }

    #[test]
    fn a_node_that_lacks_much_or_is_silent_does_not_vote() {
        for change in [PROMOTE, REPLACE] {
            let mut group = group(&[1, 2, 3], &[4]);
            let standing = group.members.get_mut(&4).expect("a member");
            standing.lacks = BEHIND_MAX + 1;
            let entries = BEHIND_MAX + 1;
            let behind = ChangeRefusal::Behind { node: 4, entries };
            assert_eq!(group.plan(&change), Err(behind));
            let silent = group.silent(&[4]);
            let refusal = ChangeRefusal::Silent { node: 4 };
            assert_eq!(silent.plan(&change), Err(refusal));
        }
        let nobody = group(&[1, 2, 3], &[]).plan(&PROMOTE);
        assert_eq!(nobody, Err(ChangeRefusal::NoMember { node: 4 }));
    }

    #[test]
    fn a_lost_voter_is_replaced_only_while_all_others_are_well() {
        let three = group(&[1, 2, 3], &[4]).silent(&[3]);
        assert_eq!(three.plan(&REPLACE), voters(&[1, 2, 4]));
        let five = group(&[1, 2, 3, 5, 6], &[4]).silent(&[3, 6]);
        assert_eq!(five.plan(&REPLACE), Err(ChangeRefusal::Silent { node: 6 }));
    }

    #[test]
    fn a_removal_leaves_a_quorum_that_answers() {
        let three = group(&[1, 2, 3], &[]).silent(&[2]);
        let refusal = ChangeRefusal::BelowQuorum {
            voters: 2,
            answering: 1,
        };
        assert_eq!(three.plan(&REMOVE), Err(refusal));
        let five = group(&[1, 2, 3, 4, 5], &[]).silent(&[3, 5]);
        assert_eq!(five.plan(&REMOVE), voters(&[1, 2, 4, 5]));
    }

    #[test]
    fn a_leader_leaves_only_once_another_one_leads() {
        let leads = Err(ChangeRefusal::Leads { node: 1 });
        let three = group(&[1, 2, 3], &[4]);
        assert_eq!(three.plan(&Change::Remove { node: 1 }), leads);
        assert_eq!(three.plan(&Change::Replace { old: 1, new: 4 }), leads);
    }

    #[test]
    fn who_does_not_vote_is_not_replaced() {
        let refused = group(&[1, 2], &[3, 4]).plan(&REPLACE);
        assert_eq!(refused, Err(ChangeRefusal::NoVoter { node: 3 }));
    }

    #[test]
    fn a_member_does_not_move() {
        let address = "h4:1".to_owned();
        let moved = group(&[1, 2, 3], &[4]).plan(&add("h9:1"));
        assert_eq!(moved, Err(ChangeRefusal::Elsewhere { node: 4, address }));
    }
}
