//! An answer that names an older delivery is refused.

use std::collections::BTreeMap;

use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Moment, Op, Operation, Sight};

pub(super) const PROPERTY: Property = Property {
    name: "stale_fence_refused",
    proves: "once anybody has seen a newer delivery of an event, no ack, nack, claim, extension, \
             checkpoint, effect or handoff of an older one counts any more",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut seen: BTreeMap<EventId, Vec<(u32, Moment)>> = BTreeMap::new();
    for (moment, _, sight) in evidence.history.sights() {
        if let Sight::Delivered { fence, .. } = sight {
            seen.entry(fence.event)
                .or_default()
                .push((fence.delivery, moment));
        }
    }
    let operations = evidence.history.operations();
    for asked in &operations {
        let (Some(fence), Some(answer)) = (asked.op.fence(), asked.ok()) else {
            continue;
        };
        let deliveries = seen.get(&fence.event).map_or(&[][..], Vec::as_slice);
        let newer = |it: &&(u32, Moment)| it.0 > fence.delivery;
        let newer = deliveries.iter().filter(newer).map(|it| it.1).min();
        let stale = newer.is_some_and(|it| it < asked.invoked);
        let again = matches!(
            answer,
            Answer::Acked { again: true, .. } | Answer::HandedOff { again: true, .. }
        );
        let earlier = again && newer.is_some_and(|it| given_before(&operations, asked.op, it));
        verdict.hold(!stale || earlier, || {
            format!(
                "{} counts, though a newer delivery was seen before",
                asked.op
            )
        });
    }
}

/// Whether it may have counted when it was given for the first time.
fn given_before(operations: &[Operation<'_>], op: &Op, moment: Moment) -> bool {
    operations
        .iter()
        .any(|it| it.op == op && it.invoked < moment && it.may_count())
}

#[cfg(test)]
mod tests {
    use super::super::stage::{ANN, BOB, Stage, fence};
    use super::*;
    use crate::history::Who;

    #[test]
    fn an_answer_to_the_latest_delivery_counts() {
        let mut stage = Stage::default();
        stage.sees(ANN, fence(1, 1), 1);
        stage.sees(BOB, fence(1, 2), 1);
        stage.acked(fence(1, 2), 5);
        stage.holds(PROPERTY);
    }

    #[test]
    fn an_answer_to_an_older_delivery_must_not_count() {
        for op in [
            Op::Ack(fence(1, 1)),
            Op::Nack {
                fence: fence(1, 1),
                reject: false,
            },
        ] {
            let mut stage = Stage::default();
            stage.sees(ANN, fence(1, 1), 1);
            stage.sees(BOB, fence(1, 2), 1);
            stage.ok(Who::Session(ANN), op, Answer::Done { index: 5 });
            stage.breaks(PROPERTY, "newer delivery");
        }
    }

    #[test]
    fn an_ack_that_was_asked_for_before_may_count() {
        let mut stage = Stage::default();
        stage.sees(ANN, fence(1, 1), 1);
        let id = stage.invoke(Who::Session(ANN), Op::Ack(fence(1, 1)));
        stage.sees(BOB, fence(1, 2), 1);
        stage.end(
            id,
            crate::history::Outcome::Ok(Answer::Acked {
                index: 5,
                again: false,
            }),
        );
        stage.acked_again(fence(1, 1), 5);
        stage.holds(PROPERTY);
    }

    #[test]
    fn an_ack_that_says_again_was_given_before() {
        let mut stage = Stage::default();
        stage.sees(BOB, fence(1, 2), 1);
        stage.acked_again(fence(1, 1), 5);
        stage.breaks(PROPERTY, "newer delivery");
    }
}
