//! One ack of an event counts.

use std::collections::BTreeMap;

use ackord_core::command::Fence;
use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Op, Operation, show};

pub(super) const PROPERTY: Property = Property {
    name: "one_effective_ack",
    proves: "acks of one event that count all name one place in the log, unless somebody sent the \
             event round again in between; a delivery never counts in two places",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut acks: BTreeMap<EventId, BTreeMap<u64, Fence>> = BTreeMap::new();
    let mut places: BTreeMap<Fence, u64> = BTreeMap::new();
    for asked in &operations {
        let (Op::Ack(fence), Some(Answer::Acked { index, .. })) = (asked.op, asked.ok()) else {
            continue;
        };
        let first = *places.entry(*fence).or_insert(index);
        verdict.hold(first == index, || {
            format!("{} counts at {first} and again at {index}", show(*fence))
        });
        acks.entry(fence.event).or_default().insert(index, *fence);
    }
    for (event, counted) in &acks {
        let places: Vec<u64> = counted.keys().copied().collect();
        for pair in places.windows(2) {
            let replayed = operations
                .iter()
                .any(|it| replays(it, *event, pair[0], pair[1]));
            verdict.hold(replayed, || {
                format!("{event} was acked at {} and {}", pair[0], pair[1])
            });
        }
    }
}

/// Whether the event may have been sent round again between two places of the log, each of which may
/// hold the replay, too.
fn replays(asked: &Operation<'_>, event: EventId, after: u64, before: u64) -> bool {
    let place = asked.ok().and_then(|it| it.index());
    let between = place.is_none_or(|it| (after..=before).contains(&it));
    *asked.op == Op::Replay(event) && asked.may_count() && between
}

#[cfg(test)]
mod tests {
    use super::super::stage::{SUBMITTER, Stage, event, fence};
    use super::*;

    #[test]
    fn the_same_ack_again_is_the_same_ack() {
        let mut stage = Stage::default();
        stage.acked(fence(1, 1), 5);
        stage.acked_again(fence(1, 1), 5);
        stage.holds(PROPERTY);
    }

    #[test]
    fn two_acks_of_one_event_do_not_both_count() {
        let mut stage = Stage::default();
        stage.acked(fence(1, 1), 5);
        stage.acked(fence(1, 2), 9);
        stage.breaks(PROPERTY, "acked at 5 and 9");
    }

    #[test]
    fn after_a_replay_a_second_ack_counts() {
        let mut stage = Stage::default();
        stage.acked(fence(1, 1), 5);
        stage.ok(SUBMITTER, Op::Replay(event(1)), Answer::Done { index: 7 });
        stage.acked(fence(1, 2), 9);
        stage.holds(PROPERTY);
        stage.acked(fence(1, 3), 11);
        stage.breaks(PROPERTY, "acked at 9 and 11");
    }

    #[test]
    fn one_delivery_does_not_count_twice() {
        let mut stage = Stage::default();
        stage.acked(fence(1, 1), 5);
        stage.acked(fence(1, 1), 6);
        stage.breaks(PROPERTY, "counts at 5 and again at 6");
    }
}
