//! In the end everybody is a member, and everybody knows it.

use std::collections::BTreeSet;

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "group_is_complete",
    proves: "in the calm all servers become members that vote, nobody else is left, no change is \
             half done, and all of them agree on that",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let nodes: BTreeSet<u64> = evidence.groups.iter().map(|it| it.node).collect();
    for group in &evidence.groups {
        let server = group.server;
        verdict.hold(group.voters == nodes && group.members == nodes, || {
            let (voters, members) = (&group.voters, &group.members);
            format!(
                "to server {server} the members are {members:?} and {voters:?} vote; there are {nodes:?}"
            )
        });
        verdict.hold(!group.is_changing, || {
            format!("to server {server} the members are changing")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::Group;
    use super::super::stage::Stage;
    use super::*;

    fn stage(members: &[u64], voters: &[u64], is_changing: bool) -> Stage {
        let mut stage = Stage::default();
        for (server, node) in [(1, 1), (2, 4)] {
            stage.evidence.groups.push(Group {
                server,
                node,
                voters: voters.iter().copied().collect(),
                members: members.iter().copied().collect(),
                is_changing,
            });
        }
        stage
    }

    #[test]
    fn all_vote_and_nobody_else_is_there() {
        stage(&[1, 4], &[1, 4], false).holds(PROPERTY);
    }

    #[test]
    fn a_learner_a_stranger_and_a_change_are_wrong() {
        stage(&[1, 4], &[1], false).breaks(PROPERTY, "{1} vote");
        stage(&[1, 2, 4], &[1, 2, 4], false).breaks(PROPERTY, "the members are {1, 2, 4}");
        stage(&[1, 4], &[1, 4], true).breaks(PROPERTY, "are changing");
    }
}
