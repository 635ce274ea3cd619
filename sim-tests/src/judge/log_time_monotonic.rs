//! Log time goes on.

use super::{Evidence, Property, Verdict};
use crate::journal::What;

pub(super) const PROPERTY: Property = Property {
    name: "log_time_monotonic",
    proves: "no entry carries an earlier stamp than the one before it of the same leader, whatever \
             the clocks do; a new leader may not know the last stamps of the one before, which \
             whoever applies them makes good",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut before = None;
    for (index, line) in evidence.journal.lines() {
        let What::Commands(entry) = &line.what else {
            continue;
        };
        let (by, at) = (line.by, entry.at);
        let earlier = before.filter(|(leader, _)| *leader == by);
        verdict.hold(earlier.is_none_or(|(_, it)| it <= at), || {
            format!("entry {index} is of {at}, and the one before of {earlier:?}")
        });
        before = Some((by, at));
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;

    #[test]
    fn time_may_stand_still_but_not_go_back() {
        let mut stage = Stage::default();
        stage.log(&[5, 5, 6]);
        stage.holds(PROPERTY);

        let mut stage = Stage::default();
        stage.log(&[5, 6, 5]);
        stage.breaks(PROPERTY, "entry 3");
    }
}
