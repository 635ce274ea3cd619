//! Whoever asks for everything sees everything.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Moment, Op};

pub(super) const PROPERTY: Property = Property {
    name: "fresh_reads_see_all",
    proves: "a fresh read, at any server, finds each event that anybody was told of before it was \
             asked, and each ack that had counted by then",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let (mut known, mut acked) = (BTreeMap::new(), BTreeMap::new());
    // What was sent round again has no ack any more, and what was purged is not there.
    let mut undone: BTreeSet<EventId> = BTreeSet::new();
    for asked in &operations {
        if let Op::Replay(event) | Op::Purge(event) = asked.op {
            undone.insert(*event);
        }
        let Some(told) = asked.ok_at() else {
            continue;
        };
        match (asked.op, asked.ok()) {
            (_, Some(Answer::Submitted { event, .. } | Answer::Received { event, .. })) => {
                note(&mut known, event, told);
            }
            (_, Some(Answer::Broadcast { copies, .. })) => {
                for it in copies {
                    note(&mut known, it.event, told);
                }
            }
            (Op::Ack(fence), Some(Answer::Acked { .. })) => note(&mut acked, fence.event, told),
            _ => {}
        }
    }
    for asked in &operations {
        let (Op::FreshRead { server, event }, Some(Answer::Read { is_there, is_acked })) =
            (asked.op, asked.ok())
        else {
            continue;
        };
        if undone.contains(event) {
            continue;
        }
        let before =
            |of: &BTreeMap<EventId, Moment>| of.get(event).is_some_and(|it| *it < asked.invoked);
        verdict.hold(is_there || !before(&known), || {
            format!("server {server} does not know {event}, which somebody was told of before")
        });
        verdict.hold(is_acked || !before(&acked), || {
            format!("server {server} does not know that {event} was acked before")
        });
    }
}

/// The first word counts.
fn note(of: &mut BTreeMap<EventId, Moment>, event: EventId, told: Moment) {
    let first = of.entry(event).or_insert(told);
    *first = told.min(*first);
}

#[cfg(test)]
mod tests {
    use super::super::stage::{Stage, event, fence, submission};
    use super::*;
    use crate::history::Who;

    fn asks(stage: &mut Stage, is_there: bool, is_acked: bool) {
        let op = Op::FreshRead {
            server: 2,
            event: event(7),
        };
        stage.ok(Who::Reader(2), op, Answer::Read { is_there, is_acked });
    }

    #[test]
    fn what_was_told_before_is_there() {
        let mut stage = Stage::default();
        asks(&mut stage, false, false);
        stage.accepted(submission(1), 7);
        asks(&mut stage, true, false);
        stage.acked(fence(7, 1), 5);
        asks(&mut stage, true, true);
        stage.holds(PROPERTY);
        asks(&mut stage, false, true);
        stage.breaks(PROPERTY, "does not know evt");
    }

    #[test]
    fn so_is_its_ack() {
        let mut stage = Stage::default();
        stage.accepted(submission(1), 7);
        stage.acked(fence(7, 1), 5);
        asks(&mut stage, true, false);
        stage.breaks(PROPERTY, "was acked before");
    }
}
