//! Trust an answer, but look it up.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::{CronChange, Emit, Message, Op as Command, SetMode};
use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict, content_of};
use crate::history::{Answer, ApprovalAsk, Copied, CronDeed, Op, Operation, Submission, Via};
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
        let found = there.iter().any(|scene| matches(&asked, &answer, scene));
        verdict.hold(found, || format!("{} is not in entry {index}", asked.op));
    }
}

fn matches(asked: &Operation<'_>, answer: &Answer, scene: &Scene) -> bool {
    let Ok(reply) = &scene.answer else {
        return false;
    };
    match (asked.op, &scene.command.op) {
        (Op::Submit(mine), Command::Submit(theirs)) => {
            let same = match (answer, reply) {
                (Answer::Submitted { event, .. }, Reply::Submitted(id, _)) => event == id,
                _ => false,
            };
            same && content_of(&theirs.body, |_| Some(mine.padding)) == Some(mine.content)
        }
        (Op::Submit(mine), Command::Send(theirs)) => {
            says(&theirs.message, mine) && told_of(reply).any(|it| tells(answer, it))
        }
        (Op::Broadcast(mine), Command::Send(theirs)) => {
            theirs.broadcast && says(&theirs.message, mine) && are_copies(answer, reply)
        }
        (Op::Submit(mine), Command::Ack(theirs)) => {
            mine.via == Via::Ack(theirs.fence) && told_of(reply).any(|it| tells(answer, it))
        }
        (Op::Cron(ask), Command::Ack(theirs)) => {
            let mut emits = theirs.emits.iter();
            ask.with == Some(theirs.fence) && emits.any(|it| goes_out(&ask.deed, it))
        }
        (Op::Cron(ask), theirs) => ask.with.is_none() && is_carried_out(&ask.deed, theirs),
        (Op::Approval(ask), theirs) => is_settled(ask, theirs) && stands(answer, reply),
        (Op::Begin { fence, key }, Command::BeginEffect(it)) => {
            (it.fence, it.key.as_str()) == (*fence, key) && decides(answer, reply)
        }
        (Op::Complete { fence, key, .. }, Command::CompleteEffect(it)) => {
            (it.fence, it.completion.key.as_str()) == (*fence, key) && decides(answer, reply)
        }
        (Op::Complete { fence, key, .. }, Command::Ack(it)) => {
            it.fence == *fence && it.effects.iter().any(|it| it.key.as_str() == key)
        }
        (Op::Force { fence, key }, Command::ForceEffect(it)) => {
            (it.fence, it.key.as_str()) == (*fence, key) && decides(answer, reply)
        }
        (Op::HandOff { fence, tag }, Command::Handoff(it)) => (it.fence, &it.tag) == (*fence, tag),
        (Op::Stray(_), Command::Submit(_)) => match (answer, reply) {
            (Answer::Submitted { event, .. }, Reply::Submitted(id, _)) => event == id,
            _ => false,
        },
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

fn is_settled(ask: &ApprovalAsk, command: &Command) -> bool {
    match (ask, command) {
        (ApprovalAsk::Request(mine), Command::RequestApproval(theirs)) => {
            let same = theirs.description.as_str() == mine.wish;
            same && theirs.request.as_str() == mine.name
        }
        (
            ApprovalAsk::Answer {
                approval, allow, ..
            },
            Command::AnswerApproval(theirs),
        ) => (*approval, *allow) == (theirs.approval, theirs.allow),
        _ => false,
    }
}

/// Whether an approval is as the log answers.
fn stands(answer: &Answer, reply: &Reply) -> bool {
    match (answer, reply) {
        (Answer::Approval { standing, .. }, Reply::Approval(it)) => {
            let verdict = it.decision.as_ref().map(|it| it.verdict);
            standing.approval == it.id && standing.ruling.map(|it| it.verdict) == verdict
        }
        _ => false,
    }
}

fn is_carried_out(deed: &CronDeed, command: &Command) -> bool {
    match deed {
        CronDeed::Create(_) => matches!(command, Command::CreateCron(_)),
        CronDeed::Update(_) => matches!(command, Command::UpdateCron(_)),
        CronDeed::Delete => matches!(command, Command::DeleteCron(_)),
        CronDeed::Pause => matches!(command, Command::PauseCron(_)),
        CronDeed::Resume => matches!(command, Command::ResumeCron(_)),
        CronDeed::Fire => matches!(command, Command::FireCron(_)),
    }
}

fn goes_out(deed: &CronDeed, emit: &Emit) -> bool {
    let Emit::Cron(change) = emit else {
        return false;
    };
    match deed {
        CronDeed::Create(_) => matches!(change, CronChange::Create(_)),
        CronDeed::Update(_) => matches!(change, CronChange::Update(_)),
        CronDeed::Delete => matches!(change, CronChange::Delete(_)),
        CronDeed::Pause => matches!(change, CronChange::Pause(_)),
        CronDeed::Resume => matches!(change, CronChange::Resume(_)),
        CronDeed::Fire => matches!(change, CronChange::Fire(_)),
    }
}

/// The events that an answer of the log names.
fn told_of(reply: &Reply) -> impl Iterator<Item = EventId> {
    let events = match reply {
        Reply::Sent(events) => events.iter().map(|it| it.0).collect(),
        Reply::Acked { emitted, .. } => emitted.iter().flat_map(|it| it.events.clone()).collect(),
        _ => Vec::new(),
    };
    events.into_iter()
}

fn tells(answer: &Answer, event: EventId) -> bool {
    matches!(answer, Answer::Submitted { event: told, .. } if *told == event)
}

/// Whether the copies of a message to everybody are those that the log answers, where they are.
fn are_copies(answer: &Answer, reply: &Reply) -> bool {
    match (answer, reply) {
        (Answer::Broadcast { copies, .. }, Reply::Broadcast(theirs)) => {
            let told = copies.iter().map(|Copied { tag, event, .. }| (tag, event));
            told.eq(theirs.iter().map(|(tag, event, _)| (tag, event)))
        }
        _ => false,
    }
}

fn says(message: &Message, mine: &Submission) -> bool {
    let text = message.text.as_str().as_bytes();
    content_of(text, |_| Some(mine.padding)) == Some(mine.content)
}

fn decides(answer: &Answer, reply: &Reply) -> bool {
    match (answer, reply) {
        (Answer::Effect { outcome, .. }, Reply::Effect(decided, _)) => outcome == decided,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ackord_core::answer::Taken as How;
    use ackord_core::command::{Ack, Cancel};
    use ackord_core::time::{Position, Timestamp};

    use super::super::stage::{SUBMITTER, Stage, broadcast, event, fence, submission};
    use super::*;
    use crate::history::{Taken, Who};

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

    /// A message to everybody is the first event, and its sender is told of this one.
    fn told_of_copy(event: EventId) -> Stage {
        let mut stage = Stage::default();
        let copies = vec![(None, EventId(1), How::Accepted)];
        stage.scene(broadcast(7)).answer = Ok(Reply::Broadcast(copies));
        let copies = vec![Copied {
            tag: None,
            event,
            taken: Taken::Accepted,
        }];
        let op = Op::Broadcast(Arc::new(submission(7)));
        stage.ok(SUBMITTER, op, Answer::Broadcast { copies, index: 1 });
        stage
    }

    #[test]
    fn copies_are_told_as_the_log_has_them() {
        told_of_copy(event(1)).holds(PROPERTY);
        told_of_copy(event(2)).breaks(PROPERTY, "not in entry 1");
    }

    #[test]
    fn an_ack_is_looked_up_where_it_counted() {
        let mut stage = Stage::default();
        let ack = Ack {
            fence: fence(1, 1),
            summary: None,
            effects: vec![],
            emits: vec![],
        };
        let at = (Timestamp(1), Position::default());
        stage.scene(Command::Ack(ack)).answer = Ok(Reply::Acked {
            at: at.0,
            position: at.1,
            again: true,
            emitted: vec![],
        });
        stage.acked(fence(1, 1), 1);
        stage.breaks(PROPERTY, "not in entry 1");
    }
}
