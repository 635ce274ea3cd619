//! Log time goes on.

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "log_time_monotonic",
    proves: "no entry of the log carries an earlier stamp than the one before it, across crashes, \
             terms and clocks",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut before = None;
    for (index, entry) in evidence.journal.entries() {
        let at = entry.at;
        verdict.hold(before.is_none_or(|it| it <= at), || {
            format!("entry {index} is of {at}, and the one before of {before:?}")
        });
        before = Some(at);
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
