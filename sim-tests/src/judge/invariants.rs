//! The machine's own rules.

use ackord_core::{State, invariants};

use super::{Evidence, Property, Verdict, replay};
use crate::table::Table;

pub(super) const PROPERTY: Property = Property {
    name: "invariants",
    proves: "along the whole log, and for the rows that the node has at the end, all that the \
             machine promises of its rows between two commands holds",
    check,
};

/// Entries between two looks: each reads all rows.
const EVERY: usize = 32;

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let looked = replay::along(&evidence.journal, EVERY, |index, state, table| {
        look(state, table, &format!("after entry {index}"), verdict);
        Ok(())
    });
    if let Err(error) = looked {
        verdict.hold(false, || format!("the log cannot be replayed: {error}"));
    }
    match State::restore(&evidence.rows) {
        Ok(state) => look(&state, &evidence.rows, "at the end", verdict),
        Err(error) => verdict.hold(false, || format!("the rows cannot be read: {error}")),
    }
}

fn look(state: &State, table: &Table, when: &str, verdict: &mut Verdict) {
    verdict.look(invariants::check(state, table).map_err(|it| format!("{when}: {it}")));
}

#[cfg(test)]
mod tests {
    use ackord_core::id::{EventId, TeamId};
    use ackord_core::model::{DueKind, Meta};
    use ackord_core::rows::{Key, Row};
    use ackord_core::time::Timestamp;

    use super::super::stage::Stage;
    use super::*;

    #[test]
    fn rows_that_fit_together_are_fine() {
        let mut stage = Stage::default();
        stage.log(&[5]);
        stage.holds(PROPERTY);
    }

    #[test]
    fn a_row_that_nobody_counts_is_wrong() {
        let mut stage = Stage::default();
        let due = Key::Due(Timestamp(1), TeamId(1), EventId(1), DueKind::Wake);
        let rows = [(Key::Meta, Row::Meta(Meta::default())), (due, Row::Due)];
        stage.evidence.rows = rows.into_iter().collect();
        stage.breaks(PROPERTY, "at the end");
    }
}
