//! No two quorums that do not share a node ever decide.

use std::collections::BTreeSet;

use super::{Evidence, Property, Verdict};
use crate::journal::Seats;

pub(super) const PROPERTY: Property = Property {
    name: "members_change_one_by_one",
    proves: "voters change only through a step in which the old and the new ones decide together, by \
             one who comes and one who goes at most, and no change begins before the last one ended",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let seats: Vec<(u64, &Seats)> = evidence
        .journal
        .seats()
        .map(|(index, _, it)| (index, it))
        .collect();
    for pair in seats.windows(2) {
        let [(_, before), (index, after)] = pair else {
            continue;
        };
        let found = follows(before, after);
        verdict.look(found.map_err(|why| format!("entry {index}: {why}")));
    }
}

fn follows(before: &Seats, after: &Seats) -> Result<(), String> {
    let same = before.quorums == after.quorums;
    match (&before.quorums[..], &after.quorums[..]) {
        ([old], [_, new]) if after.quorums[0] == *old => differ_by_one(old, new),
        ([_, new], [settled]) if settled == new => Ok(()),
        ([_], [_]) if same => differ_by_one(&before.all, &after.all),
        (from, to) => Err(format!("voters {from:?} became {to:?}")),
    }
}

fn differ_by_one(before: &BTreeSet<u64>, after: &BTreeSet<u64>) -> Result<(), String> {
    let comes = after.difference(before).count();
    let goes = before.difference(after).count();
    if comes <= 1 && goes <= 1 {
        return Ok(());
    }
    Err(format!("{before:?} became {after:?} in one step"))
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;
    use crate::journal::What;

    /// Each as its quorums; all voters are members, and nobody else.
    fn stage(steps: &[&[&[u64]]]) -> Stage {
        let mut stage = Stage::default();
        for (index, quorums) in (1..).zip(steps) {
            let quorums = quorums.iter().map(|it| it.iter().copied().collect());
            let quorums: Vec<BTreeSet<u64>> = quorums.collect();
            let all = quorums.iter().flatten().copied().collect();
            stage.copy(index, What::Members(Seats { quorums, all }));
        }
        stage
    }

    #[test]
    fn a_change_through_both_is_fine() {
        let old: &[u64] = &[1, 2, 3];
        let new: &[u64] = &[1, 2, 4];
        stage(&[&[old], &[old, new], &[new]]).holds(PROPERTY);
    }

    #[test]
    fn a_jump_is_wrong_and_so_are_two_at_once() {
        let old: &[u64] = &[1, 2, 3];
        let far: &[u64] = &[1, 4, 5];
        let new: &[u64] = &[1, 2, 4];
        stage(&[&[old], &[new]]).breaks(PROPERTY, "became");
        stage(&[&[old], &[old, far]]).breaks(PROPERTY, "in one step");
        stage(&[&[old], &[old, new], &[new, far]]).breaks(PROPERTY, "became");
        stage(&[&[old], &[old, new], &[old]]).breaks(PROPERTY, "became");
    }
}
