//! Of all who are about to do the same thing outside, one is told to.

use std::collections::BTreeMap;

use ackord_core::answer::{EffectOutcome, Reply};
use ackord_core::command::Op as Command;
use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Moment, Op, Operation, Sight, show};
use crate::story::Scene;

pub(super) const PROPERTY: Property = Property {
    name: "effects_begin_once",
    proves: "of all who begin an effect of an event, at most one is told that it is new; once \
             somebody heard that it is done, nobody is told anything else; and whoever is given \
             the event later is told of it",
    check,
};

/// An effect, by its name within its event.
type Name<'a> = (EventId, &'a str);

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut new: BTreeMap<Name<'_>, &Operation<'_>> = BTreeMap::new();
    let mut done: BTreeMap<Name<'_>, Moment> = BTreeMap::new();
    for asked in &operations {
        if let (Some((name, outcome)), Some(known)) = (told(asked), asked.ok_at())
            && is_over(outcome)
        {
            let first = done.entry(name).or_insert(known);
            *first = known.min(*first);
        }
    }
    for asked in &operations {
        let Some((name, outcome)) = told(asked) else {
            continue;
        };
        if outcome == EffectOutcome::New {
            let first = *new.entry(name).or_insert(asked);
            verdict.hold(first.id == asked.id, || {
                let (one, other) = (first.who, asked.who);
                format!("{} is new to {one} and to {other}", asked.op)
            });
        }
        let late = done.get(&name).is_some_and(|it| *it < asked.invoked);
        verdict.hold(!late || is_over(outcome), || {
            format!("{} is {outcome:?}, and was done before", asked.op)
        });
    }
    are_listed(evidence, verdict);
}

/// What somebody who begins, forces or completes an effect was told of it.
fn told<'a>(asked: &Operation<'a>) -> Option<(Name<'a>, EffectOutcome)> {
    let Some(Answer::Effect { outcome, .. }) = asked.ok() else {
        return None;
    };
    match asked.op {
        Op::Begin { fence, key } | Op::Force { fence, key } | Op::Complete { fence, key, .. } => {
            Some(((fence.event, key), outcome))
        }
        _ => None,
    }
}

fn is_over(outcome: EffectOutcome) -> bool {
    matches!(outcome, EffectOutcome::Done | EffectOutcome::Completed)
}

/// A delivery tells of all effects that were begun before it.
fn are_listed(evidence: &Evidence, verdict: &mut Verdict) {
    let mut begun: BTreeMap<EventId, Vec<(&str, u32)>> = BTreeMap::new();
    for scene in &evidence.story.scenes {
        if let Some((event, key, delivery)) = begins(scene) {
            begun.entry(event).or_default().push((key, delivery));
        }
    }
    for (_, process, sight) in evidence.history.sights() {
        let Sight::Delivered { fence, effects, .. } = sight else {
            continue;
        };
        let known = begun.get(&fence.event).into_iter().flatten();
        for (key, _) in known.filter(|it| it.1 < fence.delivery) {
            verdict.hold(effects.iter().any(|it| it == key), || {
                format!("{process} is given {}, and not told of {key}", show(*fence))
            });
        }
    }
}

fn begins(scene: &Scene) -> Option<(EventId, &str, u32)> {
    match (&scene.command.op, &scene.answer) {
        (Command::BeginEffect(it), Ok(Reply::Effect(EffectOutcome::New, _))) => {
            Some((it.fence.event, it.key.as_str(), it.fence.delivery))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{ANN, BOB, Stage, fence};
    use super::*;
    use crate::history::{Process, Who};

    fn begins(stage: &mut Stage, who: Process, delivery: u32, outcome: EffectOutcome) {
        let op = Op::Begin {
            fence: fence(1, delivery),
            key: "e1".to_owned(),
        };
        let answer = Answer::Effect { index: 1, outcome };
        stage.ok(Who::Session(who), op, answer);
    }

    #[test]
    fn the_second_one_is_told_that_it_is_unfinished() {
        let mut stage = Stage::default();
        begins(&mut stage, ANN, 1, EffectOutcome::New);
        begins(&mut stage, BOB, 2, EffectOutcome::Unfinished);
        stage.holds(PROPERTY);
        begins(&mut stage, BOB, 2, EffectOutcome::New);
        stage.breaks(PROPERTY, "is new to s1#1 and to s2#1");
    }

    #[test]
    fn what_is_done_stays_done() {
        let mut stage = Stage::default();
        begins(&mut stage, ANN, 1, EffectOutcome::Done);
        begins(&mut stage, BOB, 2, EffectOutcome::Done);
        stage.holds(PROPERTY);
        begins(&mut stage, BOB, 2, EffectOutcome::Unfinished);
        stage.breaks(PROPERTY, "was done before");
    }
}
