//! Whoever has handed an event on has nothing more to say of it.

use std::collections::BTreeMap;

use ackord_core::command::Fence;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Moment, Op};

pub(super) const PROPERTY: Property = Property {
    name: "handed_off_is_gone",
    proves: "once a session was told that its event stands in another queue, nothing that it says \
             under that delivery counts, but the same handoff again",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut gone: BTreeMap<Fence, Moment> = BTreeMap::new();
    for asked in &operations {
        if let (Op::HandOff { fence, .. }, Some(known)) = (asked.op, asked.ok_at()) {
            gone.entry(*fence).or_insert(known);
        }
    }
    for asked in &operations {
        let Some(handed) = asked.op.fence().and_then(|it| gone.get(&it)) else {
            continue;
        };
        let counts = match asked.ok() {
            None | Some(Answer::HandedOff { .. }) => false,
            Some(_) => *handed < asked.invoked,
        };
        verdict.hold(!counts, || {
            format!("{} counts, though the event was handed off", asked.op)
        });
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::text::Tag;

    use super::super::stage::{ANN, Stage, fence};
    use super::*;
    use crate::history::Who;

    #[test]
    fn an_ack_after_the_handoff_does_not_count() {
        let mut stage = Stage::default();
        let op = Op::HandOff {
            fence: fence(1, 1),
            tag: Tag::new("ops").expect("a valid tag"),
        };
        let answer = Answer::HandedOff {
            index: 1,
            again: false,
        };
        stage.ok(Who::Session(ANN), op, answer);
        stage.refused(Who::Session(ANN), Op::Ack(fence(1, 1)));
        stage.acked(fence(1, 2), 3);
        stage.holds(PROPERTY);
        stage.acked(fence(1, 1), 4);
        stage.breaks(PROPERTY, "was handed off");
    }
}
