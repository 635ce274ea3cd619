//! What was applied stays in the log as it was, and is the same everywhere.

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "log_never_changes",
    proves: "an entry that a node has applied is the same on every node that applies it; it is \
             found again after every crash, the same, and none of them is missing",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let journal = &evidence.journal;
    verdict.checked += journal.seen_again;
    for it in &journal.changed {
        verdict.hold(false, || {
            let (index, server) = (it.index, it.server);
            format!("entry {index} of server {server} is not the one that was applied")
        });
    }
    for error in &journal.unreadable {
        verdict.hold(false, || format!("the log cannot be read: {error}"));
    }
    for it in &journal.missing {
        verdict.hold(false, || {
            let (index, server) = (it.index, it.server);
            format!("server {server} had applied entry {index}, and it is gone")
        });
    }
    for index in journal.holes() {
        verdict.hold(false, || {
            format!("entry {index} was applied, and is nowhere")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;
    use crate::journal::{Ends, Leader, Line, Record, What};

    fn copied_twice() -> Stage {
        let mut stage = Stage::default();
        stage.copy(0, What::Raft);
        stage.log(&[1, 2]);
        stage.log(&[1, 2]);
        stage.evidence.journal.applied(1, 2);
        stage
    }

    /// The log of a second server, on a disk that goes so far: its second entry is another leader's.
    fn beside_another_log(ends: Ends) -> Stage {
        let mut stage = copied_twice();
        let line = Line {
            by: Leader { term: 3, node: 2 },
            what: What::Raft,
        };
        let record = Record {
            index: 2,
            line,
            hash: 7,
        };
        let journal = &mut stage.evidence.journal;
        journal.applied(2, 2);
        journal.copy_log(2, ends, vec![record]);
        stage
    }

    #[test]
    fn the_same_entries_again_are_fine() {
        let mut stage = copied_twice();
        stage.evidence.journal.found(1, Some(2));
        stage.holds(PROPERTY);
    }

    #[test]
    fn another_entry_in_its_place_is_wrong() {
        let mut stage = copied_twice();
        stage.copy(2, What::Raft);
        stage.breaks(PROPERTY, "entry 2 of server 1 is not the one");
    }

    #[test]
    fn another_entry_in_the_log_of_who_applied_it_is_wrong() {
        let (log, rows) = (Some(2), Some(2));
        let stage = beside_another_log(Ends { log, rows });
        stage.breaks(PROPERTY, "entry 2 of server 2 is not the one");
    }

    #[test]
    fn what_a_snapshot_has_overtaken_was_not_applied() {
        let (log, rows) = (Some(2), Some(9));
        let stage = beside_another_log(Ends { log, rows });
        stage.holds(PROPERTY);
    }

    #[test]
    fn what_a_server_had_applied_is_on_its_disk() {
        let mut stage = copied_twice();
        stage.evidence.journal.found(1, Some(1));
        stage.breaks(PROPERTY, "had applied entry 2");
    }

    #[test]
    fn what_some_server_has_applied_was_in_a_log() {
        let mut stage = copied_twice();
        stage.evidence.journal.applied(2, 3);
        stage.breaks(PROPERTY, "entry 3 was applied");
    }
}
