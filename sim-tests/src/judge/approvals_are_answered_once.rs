//! The first answer stays.

use std::collections::BTreeMap;

use ackord_core::id::ApprovalId;
use ackord_core::rows::Row;

use super::asked::{standing, told};
use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Operation, Ruling};

pub(super) const PROPERTY: Property = Property {
    name: "approvals_are_answered_once",
    proves: "whoever is told how an approval was decided is told the same, by whom and when, on \
             whatever node and however late, as it stands in the rows in the end; and once it is \
             decided in the log, no later command finds it open",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut rulings: BTreeMap<ApprovalId, Ruling> = BTreeMap::new();
    for (_, told) in told(&operations) {
        if let Some(ruling) = told.ruling {
            let first = *rulings.entry(told.approval).or_insert(ruling);
            verdict.hold(first == ruling, || {
                format!("{} is {ruling:?}, and was {first:?}", told.approval)
            });
        }
    }
    for row in evidence.rows.iter().map(|it| it.1) {
        let Row::Approval(row) = row else { continue };
        if let Some(first) = rulings.get(&row.id) {
            let kept = standing(row).ruling;
            verdict.hold(kept == Some(*first), || {
                format!("{} is kept as {kept:?}, and was {first:?}", row.id)
            });
        }
    }
    stays_decided(&operations, verdict);
}

/// In the order of the log.
fn stays_decided(operations: &[Operation<'_>], verdict: &mut Verdict) {
    let written = told(operations).filter_map(|(asked, told)| match asked.ok()? {
        Answer::Approval { index, .. } => Some((index?, told)),
        _ => None,
    });
    let mut written: Vec<_> = written.collect();
    written.sort_by_key(|it| it.0);
    let mut decided: BTreeMap<ApprovalId, u64> = BTreeMap::new();
    for (index, told) in written {
        let before = decided.get(&told.approval).is_some_and(|it| *it < index);
        verdict.hold(!before || told.ruling.is_some(), || {
            format!("entry {index}: {} is open again", told.approval)
        });
        if told.ruling.is_some() {
            decided.entry(told.approval).or_insert(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::model::Verdict as How;

    use super::super::asked::made::{BOSS, answer, look, open, request, ruled};
    use super::super::stage::{ANN, Stage};
    use super::*;
    use crate::history::Who;

    #[test]
    fn all_are_told_the_same() {
        let mut stage = Stage::default();
        stage.asks(request("w", None));
        let allowed = ruled(How::Allowed, 2_000, Some(BOSS));
        stage.is_told(answer(true, BOSS), allowed);
        stage.is_told(look(), allowed);
        stage.holds(PROPERTY);
    }

    #[test]
    fn a_second_answer_does_not_win() {
        let mut stage = Stage::default();
        stage.is_told(answer(true, BOSS), ruled(How::Allowed, 2_000, Some(BOSS)));
        stage.is_told(look(), ruled(How::Denied, 2_500, Some(BOSS)));
        stage.breaks(PROPERTY, "and was");
    }

    #[test]
    fn nothing_is_open_again() {
        let mut stage = Stage::default();
        let told = [ruled(How::Allowed, 2_000, Some(BOSS)), open()];
        for (standing, index) in told.into_iter().zip(1..) {
            let index = Some(index);
            let answered = Answer::Approval { standing, index };
            stage.ok(Who::Session(ANN), answer(true, BOSS), answered);
        }
        stage.breaks(PROPERTY, "open again");
    }
}
