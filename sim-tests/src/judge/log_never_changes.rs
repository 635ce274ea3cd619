//! What was applied stays in the log as it was.

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "log_never_changes",
    proves: "an entry that a node has applied is found again after every crash, the same, and no \
             entry that it has applied is missing",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let journal = &evidence.journal;
    verdict.checked += journal.seen_again;
    for index in &journal.changed {
        verdict.hold(false, || {
            format!("entry {index} is another one after a crash")
        });
    }
    for error in &journal.unreadable {
        verdict.hold(false, || format!("the log cannot be read: {error}"));
    }
    for index in &journal.missing {
        verdict.hold(false, || format!("entry {index} was applied, and is gone"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;
    use crate::journal::Line;

    fn copied_twice() -> Stage {
        let mut stage = Stage::default();
        stage.evidence.journal.copy(0, Line::Raft);
        stage.log(&[1, 2]);
        stage.log(&[1, 2]);
        stage
    }

    #[test]
    fn the_same_entries_again_are_fine() {
        let mut stage = copied_twice();
        stage.evidence.journal.applied(2);
        stage.holds(PROPERTY);
    }

    #[test]
    fn another_entry_in_its_place_is_wrong() {
        let mut stage = copied_twice();
        stage.evidence.journal.copy(2, Line::Raft);
        stage.breaks(PROPERTY, "entry 2 is another one");
    }

    #[test]
    fn an_entry_that_was_applied_is_there() {
        let mut stage = copied_twice();
        stage.evidence.journal.applied(3);
        stage.breaks(PROPERTY, "entry 3 was applied");
    }
}
