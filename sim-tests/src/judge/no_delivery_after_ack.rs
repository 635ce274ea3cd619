//! Acked is acked.

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Moment, Op, Operation, Process, Sight, Who, show};

pub(super) const PROPERTY: Property = Property {
    name: "no_delivery_after_ack",
    proves: "an event whose ack counted is never delivered under a newer number, nor at all to a \
             process that attached after that, unless somebody sent it round again",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    for asked in &operations {
        let (Op::Ack(acked), Some(Answer::Acked { .. })) = (asked.op, asked.ok()) else {
            continue;
        };
        let known = asked.ok_at().expect("it has an answer");
        for (moment, process, sight) in evidence.history.sights() {
            let Sight::Delivered { fence, .. } = sight else {
                continue;
            };
            if fence.event != acked.event {
                continue;
            }
            let newer = fence.delivery > acked.delivery;
            let late = attached(&operations, process).is_some_and(|it| it > known);
            let replayed = || operations.iter().any(|it| replays(it, acked.event, moment));
            verdict.hold(!(newer || late) || replayed(), || {
                format!(
                    "{process} sees {} after the ack of {}",
                    show(*fence),
                    show(*acked)
                )
            });
        }
    }
}

/// When a process asked to be attached.
fn attached(operations: &[Operation<'_>], process: Process) -> Option<Moment> {
    let attach =
        |it: &&Operation<'_>| it.who == Who::Session(process) && matches!(it.op, Op::Attach { .. });
    operations.iter().find(attach).map(|it| it.invoked)
}

fn replays(asked: &Operation<'_>, event: ackord_core::id::EventId, before: Moment) -> bool {
    *asked.op == Op::Replay(event) && asked.may_count() && asked.invoked < before
}

#[cfg(test)]
mod tests {
    use super::super::stage::{ANN, ANN_AGAIN, BOB, SUBMITTER, Stage, event, fence};
    use super::*;

    fn acked() -> Stage {
        let mut stage = Stage::default();
        stage.attach(ANN, 1);
        stage.sees(ANN, fence(1, 1), 1);
        stage.acked(fence(1, 1), 5);
        stage
    }

    #[test]
    fn an_acked_event_that_stays_away_is_fine() {
        acked().holds(PROPERTY);
    }

    #[test]
    fn a_newer_delivery_of_an_acked_event_is_wrong_whenever_it_is_seen() {
        let mut stage = acked();
        stage.sees(BOB, fence(1, 2), 1);
        stage.breaks(PROPERTY, "after the ack");
    }

    #[test]
    fn a_process_that_came_after_the_ack_must_not_see_the_event() {
        let mut stage = acked();
        stage.attach(ANN_AGAIN, 2);
        stage.sees(ANN_AGAIN, fence(1, 1), 1);
        stage.breaks(PROPERTY, "after the ack");
    }

    #[test]
    fn after_a_replay_it_may_come_again() {
        let mut stage = acked();
        stage.ok(SUBMITTER, Op::Replay(event(1)), Answer::Done { index: 6 });
        stage.sees(BOB, fence(1, 2), 1);
        stage.holds(PROPERTY);
    }
}
