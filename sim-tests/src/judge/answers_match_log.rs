//! Trust an answer, but look it up.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::{Op as Command, SetMode};

use super::{Evidence, Property, Verdict, content_of};
use crate::history::{Answer, Op, Operation};
use crate::story::Scene;

pub(super) const PROPERTY: Property = Property {
    name: "answers_match_log",
    proves: "whatever anybody was told to be carried out at a place of the log is in the log at \
             that place, with that answer",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut scenes: BTreeMap<u64, Vec<&Scene>> = BTreeMap::new();
    for scene in &evidence.story.scenes {
        scenes.entry(scene.index).or_default().push(scene);
    }
    for asked in evidence.history.operations() {
        let Some(answer) = asked.ok() else { continue };
        let Some(index) = answer.index() else {
            continue;
        };
        let there = scenes.get(&index).map_or(&[][..], Vec::as_slice);
        let found = there.iter().any(|scene| matches(&asked, answer, scene));
        verdict.hold(found, || format!("{} is not in entry {index}", asked.op));
    }
}

fn matches(asked: &Operation<'_>, answer: Answer, scene: &Scene) -> bool {
    let Ok(reply) = &scene.answer else {
        return false;
    };
    match (asked.op, &scene.command.op) {
        (Op::Submit(mine), Command::Submit(theirs)) => {
            let same = match (answer, reply) {
                (Answer::Submitted { event, .. }, Reply::Submitted(id, _)) => event == *id,
                _ => false,
            };
            same && content_of(&theirs.body, |_| Some(mine.padding)) == Some(mine.content)
        }
        (Op::Ack(fence), Command::Ack(it)) => {
            it.fence == *fence && matches!(reply, Reply::Acked { again: false, .. })
        }
        (Op::Nack { fence, reject }, Command::Nack(it)) => {
            (it.fence, it.reject) == (*fence, *reject)
        }
        (Op::Claim(fence), Command::Claim(it)) => it.fence == *fence,
        // Without a session, a claim goes as an extension; many go as one command.
        (Op::Claim(fence) | Op::Extend(fence), Command::Extend(it)) => {
            it.items.iter().any(|it| it.fence == *fence)
        }
        (Op::Cancel(event), Command::Cancel(it)) => it.event == *event,
        (Op::Replay(event), Command::Replay(it)) => it.event == *event,
        (Op::Purge(event), Command::Purge(it)) => it.event == *event,
        (Op::SetMode(tag, mode), Command::SetMode(SetMode { tag: at, mode: to })) => {
            (tag, mode) == (at, to)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::command::{Ack, Cancel};
    use ackord_core::time::{Position, Timestamp};

    use super::super::stage::{Stage, event, fence};
    use super::*;
    use crate::history::Who;

    fn cancelled_at(index: u64) -> Stage {
        let mut stage = Stage::default();
        stage.tick();
        stage.scene(Command::Cancel(Cancel {
            event: event(1),
            reason: None,
        }));
        stage.ok(Who::Operator, Op::Cancel(event(1)), Answer::Done { index });
        stage
    }

    #[test]
    fn what_is_in_the_log_may_be_told() {
        cancelled_at(2).holds(PROPERTY);
    }

    #[test]
    fn what_is_not_in_the_log_must_not_be_told() {
        cancelled_at(1).breaks(PROPERTY, "not in entry 1");
        cancelled_at(9).breaks(PROPERTY, "not in entry 9");
    }

    #[test]
    fn an_ack_is_looked_up_where_it_counted() {
        let mut stage = Stage::default();
        let ack = Ack {
            fence: fence(1, 1),
            summary: None,
        };
        let at = (Timestamp(1), Position::default());
        stage.scene(Command::Ack(ack)).answer = Ok(Reply::Acked {
            at: at.0,
            position: at.1,
            again: true,
        });
        stage.acked(fence(1, 1), 1);
        stage.breaks(PROPERTY, "not in entry 1");
    }
}
