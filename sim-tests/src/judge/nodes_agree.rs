//! All nodes come to the same.

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "nodes_agree",
    proves: "soon after everything was mended all nodes have applied the same entries, and have the \
             same rows, row by row, whatever each of them went through",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    for other in &evidence.others {
        let server = other.server;
        verdict.hold(other.applied == evidence.applied, || {
            let (theirs, ours) = (other.applied, evidence.applied);
            format!("server {server} is at entry {theirs}, another one at {ours}")
        });
        if other.applied != evidence.applied {
            continue;
        }
        let pairs = other.rows.differences(&evidence.rows);
        verdict.hold(pairs.is_empty(), || {
            format!("server {server} has other rows: {pairs:?}")
        });
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::id::{EventId, TeamId};
    use ackord_core::model::DueKind;
    use ackord_core::rows::{Key, Row};
    use ackord_core::time::Timestamp;

    use super::super::End;
    use super::super::stage::Stage;
    use super::*;
    use crate::table::Table;

    fn with(applied: u64, due: u64) -> Stage {
        let rows = |at| -> Table {
            let key = Key::Due(Timestamp(at), TeamId(1), EventId(1), DueKind::Wake);
            [(key, Row::Due)].into_iter().collect()
        };
        let mut stage = Stage::default();
        (stage.evidence.applied, stage.evidence.rows) = (7, rows(5));
        stage.evidence.others.push(End {
            server: 2,
            applied,
            rows: rows(due),
        });
        stage
    }

    #[test]
    fn the_same_rows_are_fine() {
        with(7, 5).holds(PROPERTY);
    }

    #[test]
    fn other_rows_are_wrong_and_so_are_other_entries() {
        with(7, 6).breaks(PROPERTY, "other rows");
        with(6, 5).breaks(PROPERTY, "at entry 6");
    }
}
