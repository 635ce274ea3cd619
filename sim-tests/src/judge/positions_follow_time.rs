//! What is done later is later in the log.

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Moment, Operation};

pub(super) const PROPERTY: Property = Property {
    name: "positions_follow_time",
    proves: "an operation that was asked for after another one had been answered has a later place \
             in the log",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut placed: Vec<(Moment, Moment, u64, &Operation<'_>)> = operations
        .iter()
        .filter_map(|it| Some((it.invoked, it.ok_at()?, place(it)?, it)))
        .collect();
    let mut ended = placed.clone();
    ended.sort_by_key(|it| it.1);
    placed.sort_by_key(|it| it.0);
    let (mut ended, mut latest) = (ended.into_iter().peekable(), None);
    for (invoked, _, index, asked) in placed {
        while let Some((_, _, index, _)) = ended.next_if(|it| it.1 < invoked) {
            latest = latest.max(Some(index));
        }
        verdict.hold(latest.is_none_or(|it| it < index), || {
            format!(
                "{} is in entry {index}, and entry {latest:?} was told before",
                asked.op
            )
        });
    }
}

/// Where it was decided. An ack or a handoff that is told again names the place of the first one.
fn place(asked: &Operation<'_>) -> Option<u64> {
    match asked.ok()? {
        Answer::Acked { again: true, .. } | Answer::HandedOff { again: true, .. } => None,
        answer => answer.index(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{SUBMITTER, Stage, event, fence};
    use super::*;
    use crate::history::{Op, Outcome};

    #[test]
    fn one_after_the_other_in_the_log_as_in_time() {
        let mut stage = Stage::default();
        stage.acked(fence(1, 1), 5);
        stage.acked(fence(2, 1), 6);
        stage.holds(PROPERTY);
        stage.acked(fence(3, 1), 4);
        stage.breaks(PROPERTY, "in entry 4");
    }

    #[test]
    fn two_at_a_time_may_have_any_order() {
        let mut stage = Stage::default();
        let slow = stage.invoke(SUBMITTER, Op::Cancel(event(1)));
        stage.acked(fence(2, 1), 6);
        stage.end(slow, Outcome::Ok(Answer::Done { index: 5 }));
        stage.holds(PROPERTY);
    }
}
