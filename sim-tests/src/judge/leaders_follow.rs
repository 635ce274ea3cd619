//! Leaders follow each other.

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "leaders_follow",
    proves: "along the log each entry is of the same leader as the one before or of a later one: \
             whoever was followed by another leader has committed nothing after that",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut before = None;
    for (index, line) in evidence.journal.lines() {
        let by = line.by;
        verdict.hold(before.is_none_or(|it| it <= by), || {
            format!("entry {index} is of {by:?}, and the one before of {before:?}")
        });
        before = Some(by);
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;
    use crate::journal::{Leader, Line, Spot, What};

    fn led_by(leaders: &[(u64, u64)]) -> Stage {
        let mut stage = Stage::default();
        for (index, (term, node)) in (0..).zip(leaders) {
            let (term, node) = (*term, *node);
            let (by, what) = (Leader { term, node }, What::Raft);
            let spot = Spot { server: 1, index };
            stage.evidence.journal.copy(spot, Line { by, what });
        }
        stage
    }

    #[test]
    fn a_later_leader_goes_on() {
        led_by(&[(1, 1), (1, 1), (3, 2), (3, 3)]).holds(PROPERTY);
    }

    #[test]
    fn an_earlier_leader_does_not() {
        led_by(&[(1, 1), (3, 2), (1, 1)]).breaks(PROPERTY, "entry 2");
        led_by(&[(3, 2), (3, 1)]).breaks(PROPERTY, "entry 1");
    }
}
