//! Whoever goes on with an event is told how far it was.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::{Fence, Op as Command};
use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Op, Sight, show};
use crate::story::{Scene, Story};

pub(super) const PROPERTY: Property = Property {
    name: "checkpoints_come_back",
    proves: "each delivery carries the note of the last checkpoint, extension, nack or handoff that \
             was decided before it, and a checkpoint that somebody was told of was decided",
    check,
};

/// A note, and the delivery that left it.
struct Note<'a> {
    by: u32,
    text: &'a str,
}

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let notes = notes(&evidence.story);
    for (_, process, sight) in evidence.history.sights() {
        let Sight::Delivered { fence, note, .. } = sight else {
            continue;
        };
        let known = notes.get(&fence.event).map_or(&[][..], Vec::as_slice);
        let last = known.iter().rfind(|it| it.by < fence.delivery);
        // Who comes back is given the event as it is by then.
        let own = known.iter().filter(|it| it.by == fence.delivery);
        let mut allowed = own.chain(last).map(|it| it.text);
        let right = match note {
            Some(note) => allowed.any(|it| it == note),
            None => last.is_none(),
        };
        verdict.hold(right, || {
            let last = last.map(|it| it.text);
            let fence = show(*fence);
            format!("{process} is given {fence} with the note {note:?}, and the last is {last:?}")
        });
    }
    are_decided(evidence, &notes, verdict);
}

fn are_decided(
    evidence: &Evidence,
    notes: &BTreeMap<EventId, Vec<Note<'_>>>,
    verdict: &mut Verdict,
) {
    for asked in evidence.history.operations() {
        let (Op::Checkpoint { fence, note }, Some(Answer::Somewhere)) = (asked.op, asked.ok())
        else {
            continue;
        };
        let known = notes.get(&fence.event);
        let decided = known.is_some_and(|it| it.iter().any(|it| it.text == note));
        verdict.hold(decided, || format!("{} is not in the log", asked.op));
    }
}

/// All notes of each event, in order.
fn notes(story: &Story) -> BTreeMap<EventId, Vec<Note<'_>>> {
    let mut notes: BTreeMap<EventId, Vec<Note<'_>>> = BTreeMap::new();
    for scene in story.scenes.iter().filter(|it| it.answer.is_ok()) {
        if let Some((fence, text)) = noted(scene) {
            notes.entry(fence.event).or_default().push(Note {
                by: fence.delivery,
                text,
            });
        }
    }
    notes
}

/// No session of the world leaves a note with an extension or a nack.
fn noted(scene: &Scene) -> Option<(Fence, &str)> {
    match (&scene.command.op, &scene.answer) {
        (Command::Checkpoint(it), _) => Some((it.fence, it.note.as_str())),
        // The same handoff again is an answer alone: by then others may have left theirs.
        (Command::Handoff(it), Ok(Reply::HandedOff { again: false, .. })) => {
            Some((it.fence, it.note.as_ref()?.as_str()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::command;
    use ackord_core::model::Class;
    use ackord_core::text;

    use super::super::stage::{ANN, Acts, BOB, Stage, fence};
    use super::*;
    use crate::history::What;

    fn stage() -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        stage.introduce(1, Class::Normal, None);
        stage.tick().gives(1, 1, 1);
        stage.scene(command::Op::Checkpoint(command::Checkpoint {
            fence: fence(1, 1),
            note: text::Note::new("half").expect("a valid note"),
        }));
        stage.tick().gives(1, 2, 2);
        stage.sees(ANN, fence(1, 1), 1);
        stage.sees(BOB, fence(1, 2), 1);
        stage
    }

    fn with_note(mut stage: Stage, text: &str) -> Stage {
        let last = stage.evidence.history.records.last_mut();
        if let Some(What::Sight(Sight::Delivered { note, .. })) = last.map(|it| &mut it.what) {
            *note = Some(text.to_owned());
        }
        stage
    }

    #[test]
    fn the_next_one_is_given_the_note() {
        with_note(stage(), "half").holds(PROPERTY);
    }

    #[test]
    fn a_note_is_not_lost_and_not_another_one() {
        stage().breaks(PROPERTY, "with the note None");
        with_note(stage(), "all").breaks(PROPERTY, "the last is Some(\"half\")");
    }

    /// The first delivery hands the event off, the second one says how far it is, and then the
    /// first one hands off once more.
    fn handed_off_twice() -> Stage {
        let mut stage = with_note(stage(), "yours");
        let hand_off = |stage: &mut Stage, again| {
            let handoff = command::Handoff {
                fence: fence(1, 1),
                tag: text::Tag::new("ops").expect("a valid tag"),
                note: Some(text::Note::new("yours").expect("a valid note")),
            };
            let position = Default::default();
            let scene = stage.scene(command::Op::Handoff(handoff));
            scene.answer = Ok(Reply::HandedOff { position, again });
        };
        hand_off(&mut stage, false);
        stage.scene(command::Op::Checkpoint(command::Checkpoint {
            fence: fence(1, 2),
            note: text::Note::new("more").expect("a valid note"),
        }));
        hand_off(&mut stage, true);
        stage.sees(BOB, fence(1, 3), 1);
        stage
    }

    #[test]
    fn the_same_handoff_again_leaves_no_note() {
        with_note(handed_off_twice(), "more").holds(PROPERTY);
        with_note(handed_off_twice(), "yours").breaks(PROPERTY, "the last is Some(\"more\")");
    }
}
