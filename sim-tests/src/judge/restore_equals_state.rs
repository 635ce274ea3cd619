//! What a node remembers when it starts is what it knew when it stopped.

use ackord_core::State;
use ackord_core::rows::RowError;

use super::{Evidence, Property, Verdict, replay};
use crate::table::Table;

pub(super) const PROPERTY: Property = Property {
    name: "restore_equals_state",
    proves: "along the whole log, the state that is restored from the rows equals the state that \
             wrote them",
    check,
};

/// Entries between two looks: a restore reads every queue and session.
const EVERY: usize = 8;

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let looked = replay::along(&evidence.journal, EVERY, |index, state, table| {
        look(state, table, index, verdict)
    });
    if let Err(error) = looked {
        verdict.hold(false, || format!("the rows cannot be read: {error}"));
    }
}

fn look(state: &State, table: &Table, index: u64, verdict: &mut Verdict) -> Result<(), RowError> {
    let restored = State::restore(table)?;
    verdict.hold(restored == *state, || {
        format!("a restart after entry {index} would not remember what was known")
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;

    #[test]
    fn a_state_is_restored_from_its_rows() {
        let mut stage = Stage::default();
        stage.log(&[5, 6]);
        stage.holds(PROPERTY);
    }

    #[test]
    fn rows_of_another_state_are_seen() {
        let mut stage = Stage::default();
        stage.log(&[5]);
        let mut verdict = Verdict::default();
        let nothing = Table::default();
        replay::along(&stage.evidence.journal, 1, |index, state, _| {
            look(state, &nothing, index, &mut verdict)
        })
        .expect("nothing is broken");
        assert_eq!(verdict.broken.len(), 1, "its rows were never written");
    }
}
