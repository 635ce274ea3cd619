//! The rows are what the log makes.

use std::collections::BTreeMap;

use ackord_core::rows::{Key, Row};

use super::{Evidence, Property, Verdict, replay};

pub(super) const PROPERTY: Property = Property {
    name: "rows_equal_log",
    proves: "the rows of a node, after all its crashes, are those that its log makes when it is \
             carried out once from the beginning, entry by entry",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let made = match replay::along(&evidence.journal, usize::MAX, |_, _, _| Ok(())) {
        Ok(made) => made,
        Err(error) => {
            return verdict.hold(false, || format!("the log cannot be replayed: {error}"));
        }
    };
    let found: BTreeMap<&Key, &Row> = evidence.rows.iter().collect();
    let wanted: BTreeMap<&Key, &Row> = made.iter().collect();
    for (key, row) in &wanted {
        let there = found.get(key);
        verdict.hold(there == Some(row), || {
            format!("{key:?}: the log makes {row:?}, the node has {there:?}")
        });
    }
    for key in found.keys().filter(|it| !wanted.contains_key(**it)) {
        verdict.hold(false, || {
            format!("{key:?} is there, and the log does not make it")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;
    use crate::journal::Journal;
    use crate::table::Table;

    fn with_the_rows_of_its_log() -> Stage {
        let mut stage = Stage::default();
        stage.log(&[5]);
        let made = replay::along(&stage.evidence.journal, 1, |_, _, _| Ok(()));
        stage.evidence.rows = made.expect("nothing is broken");
        stage
    }

    #[test]
    fn rows_that_the_log_makes_are_fine() {
        with_the_rows_of_its_log().holds(PROPERTY);
    }

    #[test]
    fn a_row_too_few_is_wrong() {
        let mut stage = with_the_rows_of_its_log();
        stage.evidence.rows = Table::default();
        stage.breaks(PROPERTY, "the log makes");
    }

    #[test]
    fn rows_that_lead_the_log_are_wrong() {
        let mut stage = with_the_rows_of_its_log();
        stage.evidence.journal = Journal::default();
        stage.breaks(PROPERTY, "the log does not make it");
    }
}
