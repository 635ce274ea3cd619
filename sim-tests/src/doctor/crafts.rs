//! What sessions do besides answering, crons and watches: falsified.

use std::collections::BTreeSet;

use ackord_core::answer::{EffectOutcome, Reply};
use ackord_core::command::{Fence, Op as Command};
use ackord_core::history::{DeliveryCause, StepKind};
use ackord_core::id::EventId;

use crate::draw::Draw;
use crate::history::{Answer, Moment, Op, Outcome, Sight, Via, What};
use crate::judge::Evidence;

/// A delivery does not tell the note that it came with.
pub(super) fn lose_note(evidence: &mut Evidence, _: &mut Draw) {
    let sights = evidence.history.records.iter_mut();
    let note = sights.rev().find_map(|it| match &mut it.what {
        What::Sight(Sight::Delivered { note, .. }) if note.is_some() => Some(note),
        _ => None,
    });
    if let Some(note) = note {
        *note = None;
    }
}

/// Whoever begins what another one has begun is told that it is new.
pub(super) fn begin_again(evidence: &mut Evidence, _: &mut Draw) {
    let mut first: BTreeSet<(EventId, String)> = BTreeSet::new();
    let operations = evidence.history.operations();
    let again = operations.iter().find_map(|it| {
        let Op::Begin { fence, key } = it.op else {
            return None;
        };
        let name = (fence.event, key.clone());
        match it.ok()? {
            Answer::Effect {
                outcome: EffectOutcome::New,
                ..
            } => {
                first.insert(name);
                None
            }
            answer => first
                .contains(&name)
                .then_some((it.ok_at()?, answer.index()?)),
        }
    });
    if let Some((moment, index)) = again {
        let outcome = EffectOutcome::New;
        answer(evidence, moment, Answer::Effect { index, outcome });
    }
}

/// What went out with an ack is told to be another event.
pub(super) fn swap_emit(evidence: &mut Evidence, _: &mut Draw) {
    let told = told(evidence, |via| matches!(via, Via::Ack(_)));
    if let Some((
        moment,
        Answer::Submitted {
            event,
            taken,
            index,
        },
    )) = told.first().cloned()
    {
        let event = EventId(event.0 ^ 1);
        answer(
            evidence,
            moment,
            Answer::Submitted {
                event,
                taken,
                index,
            },
        );
    }
}

/// Two messages of one sender to one tag, both delivered, have each other's events.
pub(super) fn swap_messages(evidence: &mut Evidence, _: &mut Draw) {
    let operations = evidence.history.operations();
    let given: Vec<EventId> = evidence.story.leases().map(|it| it.2.fence.event).collect();
    let told = told(evidence, |via| via == Via::Message);
    let line = |moment: Moment| {
        let asked = operations.iter().find(|it| it.ok_at() == Some(moment))?;
        match asked.op {
            Op::Submit(it) => Some((asked.who, it.tag.clone(), it.class)),
            _ => None,
        }
    };
    let is_given =
        |it: &Answer| matches!(it, Answer::Submitted { event, .. } if given.contains(event));
    let told: Vec<_> = told.into_iter().filter(|it| is_given(&it.1)).collect();
    let pair = told.iter().enumerate().find_map(|(nth, one)| {
        let mut later = told[nth + 1..].iter();
        let other = later.find(|it| line(it.0) == line(one.0) && it.1 != one.1)?;
        Some((one.clone(), other.clone()))
    });
    drop(operations);
    if let Some((one, other)) = pair {
        answer(evidence, one.0, other.1);
        answer(evidence, other.0, one.1);
    }
}

/// Of what was said to everybody the log has a copy less.
pub(super) fn leave_out_listener(evidence: &mut Evidence, _: &mut Draw) {
    for scene in &mut evidence.story.scenes {
        if let Ok(Reply::Broadcast(copies)) = &mut scene.answer
            && let Some((_, event, _)) = copies.pop()
        {
            scene.moves.retain(|it| it.event != event);
            return;
        }
    }
}

/// What sessions were told of what they sent, if it was to come in so.
fn told(evidence: &Evidence, how: impl Fn(Via) -> bool) -> Vec<(Moment, Answer)> {
    let operations = evidence.history.operations();
    let told = operations.iter().filter_map(|it| match it.op {
        Op::Submit(post) if how(post.via) => Some((it.ok_at()?, it.ok()?)),
        _ => None,
    });
    told.collect()
}

/// An ack counts after its delivery handed the event off.
pub(super) fn count_handed_off(evidence: &mut Evidence, _: &mut Draw) {
    let operations = evidence.history.operations();
    let mut handed: Vec<(Fence, Moment)> = Vec::new();
    let late = operations.iter().find_map(|it| match (it.op, it.ended) {
        (Op::HandOff { fence, .. }, _) => {
            handed.extend(it.ok_at().map(|at| (*fence, at)));
            None
        }
        (Op::Ack(fence), Some((moment, Outcome::Fail { .. }))) => {
            let after = |handed: &(Fence, Moment)| handed.0 == *fence && handed.1 < it.invoked;
            handed.iter().any(after).then_some(moment)
        }
        _ => None,
    });
    if let Some(moment) = late {
        let (index, again) = (1, false);
        answer(evidence, moment, Answer::Acked { index, again });
    }
}

fn answer(evidence: &mut Evidence, moment: Moment, answer: Answer) {
    if let What::Return(_, outcome) = &mut evidence.history.records[moment].what {
        *outcome = Outcome::Ok(answer);
    }
}

/// What was set aside is given to another session.
pub(super) fn resume_elsewhere(evidence: &mut Evidence, _: &mut Draw) {
    let moves = evidence
        .story
        .scenes
        .iter_mut()
        .flat_map(|it| &mut it.moves);
    for step in moves.flat_map(|it| &mut it.steps) {
        if let StepKind::Leased {
            session,
            cause: DeliveryCause::Resume,
            ..
        } = step
        {
            session.0 += 1;
            return;
        }
    }
}

/// A tick of another instant is decided.
pub(super) fn shift_tick(evidence: &mut Evidence, _: &mut Draw) {
    let decided = evidence
        .story
        .scenes
        .iter_mut()
        .filter(|it| it.answer.is_ok());
    for scene in decided {
        if let Command::DecideTick(it) = &mut scene.command.op {
            it.nominal.0 += 1;
            return;
        }
    }
}

/// Whoever watches something was to hear of longer silences only.
pub(super) fn lengthen_silences(evidence: &mut Evidence, _: &mut Draw) {
    for scene in &mut evidence.story.scenes {
        let silence = match &mut scene.command.op {
            Command::CreateCron(it) => it.silence.as_mut(),
            Command::UpdateCron(it) => it.silence.as_mut(),
            Command::CreateSource(it) => it.silence.as_mut(),
            _ => None,
        };
        if let Some(silence) = silence {
            silence.after.0 *= 10;
        }
    }
}
