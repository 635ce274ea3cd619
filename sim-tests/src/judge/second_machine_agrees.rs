//! A second machine, written apart, says the same.

use super::{Evidence, Property, Verdict};
use crate::model::Model;

pub(super) const PROPERTY: Property = Property {
    name: "second_machine_agrees",
    proves: "an independent model of the rules, which follows the log in the order of its positions, \
             gives every answer of the log to a session's, submitter's or operator's command about \
             events, allows every lease, return, delay and death, and has each event where it is",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut model = Model::default();
    for scene in &evidence.story.scenes {
        let wrong = model.follow(scene);
        verdict.hold(wrong.is_empty(), || {
            let asked = name(&scene.command.op);
            format!("entry {}, {asked}: {}", scene.index, wrong.join("; "))
        });
        if !wrong.is_empty() {
            // What follows from it would be blamed as well.
            return;
        }
    }
}

/// The first word of a command.
fn name(op: &ackord_core::command::Op) -> String {
    let whole = format!("{op:?}");
    whole
        .split(['(', ' '])
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use ackord_core::answer::{Rejection, Reply};
    use ackord_core::command::{Ack, Cancel, Op};
    use ackord_core::model::EventState;
    use ackord_core::text::Tag;
    use ackord_core::time::{Position, Timestamp};

    use super::super::stage::{Acts, Stage, TEAM, broadcast, event, fence};
    use super::*;

    fn ack() -> Op {
        Op::Ack(Ack {
            fence: fence(1, 1),
            summary: None,
            effects: vec![],
            emits: vec![],
        })
    }

    #[test]
    fn an_ack_of_what_never_was_is_not_found() {
        let mut stage = Stage::default();
        stage.scene(ack()).answer = Err(Rejection::NotFound);
        stage.holds(PROPERTY);
        stage.scene(ack()).answer = Ok(Reply::Acked {
            at: Timestamp(1),
            position: Position::default(),
            again: false,
            emitted: vec![],
        });
        stage.breaks(PROPERTY, "not Err(NotFound)");
    }

    #[test]
    fn an_event_that_comes_from_nowhere_is_seen() {
        let mut stage = Stage::default();
        stage
            .tick()
            .moved(1, None, EventState::Ready, 1, Vec::new());
        stage.breaks(PROPERTY, "was never submitted");
    }

    #[test]
    fn what_is_said_to_everybody_is_heard_by_who_is_there() {
        let mut stage = Stage::default();
        let tag = |it: &str| Tag::new(it).expect("a valid tag");
        let nobody = |stage: &mut Stage| {
            let scene = stage.scene(broadcast(7));
            scene.command.team = Some(TEAM);
            scene.answer = Err(Rejection::Nobody);
        };
        stage.comes(1, &tag("a"));
        nobody(&mut stage);
        stage.holds(PROPERTY);
        stage.comes(2, &tag("b"));
        nobody(&mut stage);
        stage.breaks(PROPERTY, "it answers Err(Nobody)");
    }

    #[test]
    fn a_cancel_of_what_never_was_does_not_go_well() {
        let mut stage = Stage::default();
        let cancel = Op::Cancel(Cancel {
            event: event(1),
            reason: None,
        });
        stage.scene(cancel).answer = Ok(Reply::Ok);
        stage.breaks(PROPERTY, "Cancel");
    }
}
