//! Who says one thing after the other is heard in that order.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::history::StepKind;
use ackord_core::id::EventId;
use ackord_core::model::Class;
use ackord_core::text::Tag;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Moment, Op, Operation, Outcome, Taken, Via, Who};
use crate::story::Story;

pub(super) const PROPERTY: Property = Property {
    name: "messages_in_order",
    proves: "of two messages of one class that a sender sends to a tag, the second after it was told \
             that the first is in, the first is given to a session first, unless somebody took it \
             out",
    check,
};

/// A message that its sender knows to be in.
struct Sent {
    event: EventId,
    asked: Moment,
    known: Moment,
}

/// Who wrote to whom, with which precedence.
type Line<'a> = (Who, Option<&'a Tag>, Class);

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut lines: BTreeMap<Line<'_>, Vec<Sent>> = BTreeMap::new();
    for asked in &operations {
        for (line, sent) in sent(asked) {
            lines.entry(line).or_default().push(sent);
        }
    }
    let firsts = firsts(&evidence.story);
    let moved = taken_out(&evidence.story);
    for messages in lines.values() {
        for (nth, later) in messages.iter().enumerate() {
            let earlier = messages[..nth].iter().filter(|it| it.known < later.asked);
            for earlier in earlier.filter(|it| !moved.contains(&it.event)) {
                let Some(given) = firsts.get(&later.event) else {
                    continue;
                };
                let before = firsts.get(&earlier.event).is_some_and(|it| it < given);
                verdict.hold(before, || {
                    let (one, other) = (earlier.event, later.event);
                    format!("{other} is given to a session, and {one} was sent before")
                });
            }
        }
    }
}

/// What a message became; one to everybody is in the line of each tag that it went to.
fn sent<'a>(asked: &Operation<'a>) -> Vec<(Line<'a>, Sent)> {
    let Some((known, Outcome::Ok(answer))) = asked.ended else {
        return Vec::new();
    };
    let (who, asked_at) = (asked.who, asked.invoked);
    let sent = |tag: Option<&'a Tag>, class: Class, event: EventId| {
        let sent = Sent {
            event,
            asked: asked_at,
            known,
        };
        ((who, tag, class), sent)
    };
    match (asked.op, answer) {
        (Op::Submit(it), Answer::Submitted { event, .. }) if it.via == Via::Message => {
            vec![sent(it.tag.as_ref(), it.class, *event)]
        }
        (Op::Broadcast(it), Answer::Broadcast { copies, .. }) => {
            // Of what was in before he was told where it was by then.
            let new = copies.iter().filter(|it| it.taken == Taken::Accepted);
            new.map(|copy| sent(copy.tag.as_ref(), it.class, copy.event))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// When each event was given to a session first, comparable within a story.
fn firsts(story: &Story) -> BTreeMap<EventId, usize> {
    let mut firsts = BTreeMap::new();
    for (nth, (_, _, lease)) in story.leases().enumerate() {
        firsts.entry(lease.fence.event).or_insert(nth);
    }
    firsts
}

/// Events that somebody took out, at any time.
fn taken_out(story: &Story) -> BTreeSet<EventId> {
    let out = |it: &StepKind| {
        matches!(
            it,
            StepKind::Cancelled { .. } | StepKind::Dead { .. } | StepKind::Replayed
        )
    };
    let moves = story.moves().filter(|it| it.2.steps.iter().any(out));
    moves.map(|it| it.2.event).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::stage::{ANN, Acts, BOB, Stage, submission};
    use super::*;
    use crate::history::{Copied, Process, Submission};

    /// To everybody, which is this one event.
    fn calls(stage: &mut Stage, who: Process, event: u128) {
        let copies = vec![Copied {
            tag: None,
            event: EventId(event),
            taken: Taken::Accepted,
        }];
        let answer = Answer::Broadcast { copies, index: 1 };
        let op = Op::Broadcast(Arc::new(submission(2)));
        stage.ok(Who::Session(who), op, answer);
    }

    fn says(stage: &mut Stage, who: Process, event: u128) {
        let message = Submission {
            via: Via::Message,
            ..submission(1)
        };
        let answer = Answer::Submitted {
            event: EventId(event),
            taken: Taken::Accepted,
            index: 1,
        };
        stage.ok(Who::Session(who), Op::Submit(Arc::new(message)), answer);
    }

    #[test]
    fn the_first_one_is_heard_first() {
        let mut stage = Stage::default();
        says(&mut stage, ANN, 1);
        says(&mut stage, ANN, 2);
        stage.tick().gives(1, 1, 2);
        stage.tick().gives(2, 1, 2);
        stage.holds(PROPERTY);
    }

    #[test]
    fn the_second_one_does_not_overtake_it() {
        let mut stage = Stage::default();
        says(&mut stage, ANN, 1);
        says(&mut stage, ANN, 2);
        stage.tick().gives(2, 1, 2);
        stage.tick().gives(1, 1, 2);
        stage.breaks(PROPERTY, "was sent before");
    }

    #[test]
    fn what_is_said_to_everybody_is_heard_in_order_too() {
        let mut stage = Stage::default();
        says(&mut stage, ANN, 1);
        calls(&mut stage, ANN, 2);
        stage.tick().gives(2, 1, 2);
        stage.tick().gives(1, 1, 2);
        stage.breaks(PROPERTY, "was sent before");
    }

    #[test]
    fn what_others_say_has_no_order() {
        let mut stage = Stage::default();
        says(&mut stage, ANN, 1);
        says(&mut stage, BOB, 2);
        stage.tick().gives(2, 1, 2);
        assert_eq!(stage.broken(PROPERTY), Vec::<String>::new());
    }
}
