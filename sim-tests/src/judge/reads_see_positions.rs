//! Whoever was told a position sees what stands there.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Op};

pub(super) const PROPERTY: Property = Property {
    name: "reads_see_positions",
    proves: "a read as of a position, at any server, finds the event that was accepted there or \
             before, and an ack that counted there or before",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let (mut accepted, mut acked) = (BTreeMap::new(), BTreeMap::new());
    // What was sent round again has no ack any more, and what was purged is not there.
    let mut undone: BTreeSet<EventId> = BTreeSet::new();
    for asked in &operations {
        match (asked.op, asked.ok()) {
            (_, Some(Answer::Submitted { event, index, .. })) => note(&mut accepted, event, index),
            (_, Some(Answer::Broadcast { copies, index })) => {
                for it in copies {
                    note(&mut accepted, it.event, index);
                }
            }
            (Op::Ack(fence), Some(Answer::Acked { index, .. })) => {
                note(&mut acked, fence.event, index);
            }
            (Op::Replay(event) | Op::Purge(event), _) => {
                undone.insert(*event);
            }
            _ => {}
        }
    }
    for asked in &operations {
        let Op::Read {
            server,
            event,
            at_least: Some(index),
        } = asked.op
        else {
            continue;
        };
        let Some(Answer::Read { is_there, is_acked }) = asked.ok() else {
            continue;
        };
        if undone.contains(event) {
            continue;
        }
        let by_then = |of: &BTreeMap<EventId, u64>| of.get(event).is_some_and(|it| it <= index);
        verdict.hold(is_there || !by_then(&accepted), || {
            format!("server {server} does not know {event} as of entry {index}")
        });
        verdict.hold(is_acked || !by_then(&acked), || {
            format!("server {server} does not know that {event} is acked as of entry {index}")
        });
    }
}

/// The earliest entry counts.
fn note(of: &mut BTreeMap<EventId, u64>, event: EventId, index: u64) {
    let known = of.entry(event).or_insert(index);
    *known = index.min(*known);
}

#[cfg(test)]
mod tests {
    use super::super::stage::{Stage, event, fence, submission};
    use super::*;
    use crate::history::Who;

    fn asks(stage: &mut Stage, at_least: Option<u64>, is_there: bool, is_acked: bool) {
        let op = Op::Read {
            server: 2,
            event: event(7),
            at_least,
        };
        stage.ok(Who::Reader(2), op, Answer::Read { is_there, is_acked });
    }

    fn acked_at_5() -> Stage {
        let mut stage = Stage::default();
        stage.accepted(submission(1), 7);
        stage.acked(fence(7, 1), 5);
        stage
    }

    #[test]
    fn what_stands_there_is_seen() {
        let mut stage = acked_at_5();
        asks(&mut stage, Some(4), true, false);
        asks(&mut stage, Some(5), true, true);
        asks(&mut stage, None, false, false);
        stage.holds(PROPERTY);
    }

    #[test]
    fn an_event_or_an_ack_that_is_not_seen_is_wrong() {
        let mut stage = acked_at_5();
        asks(&mut stage, Some(4), false, false);
        stage.breaks(PROPERTY, "does not know");
        let mut stage = acked_at_5();
        asks(&mut stage, Some(5), true, false);
        stage.breaks(PROPERTY, "is acked as of entry 5");
    }

    #[test]
    fn what_was_sent_round_again_is_not_judged() {
        let mut stage = acked_at_5();
        stage.invoke(Who::Operator, Op::Replay(event(7)));
        asks(&mut stage, Some(5), true, false);
        assert_eq!(stage.broken(PROPERTY), Vec::<String>::new());
    }
}
