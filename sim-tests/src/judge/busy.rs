//! Lines in which only one event is busy at a time: from its first lease until it is over, whatever
//! happens to it in between.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::history::StepKind;
use ackord_core::id::EventId;
use ackord_core::model::{EventState, Outcome};
use ackord_core::time::Position;

use super::Verdict;
use crate::story::{Move, Scene, Story, is_over};

/// What a walk along the story finds.
pub(super) struct Walk<L> {
    /// Events that are busy, by their line.
    busy: BTreeMap<L, BTreeSet<EventId>>,
    /// The place of the last one that was done, by line.
    done: BTreeMap<L, Position>,
}

/// What a line is held to.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// What a line is called.
    pub(super) name: &'static str,
    /// Whether its events are also done in the order of their places.
    pub(super) in_order: bool,
}

/// Walks along the story. An event without a line is in nobody's way.
pub(super) fn walk<L: Ord>(
    story: &Story,
    rule: Rule,
    line_of: impl Fn(EventId, &Scene) -> Option<L>,
    verdict: &mut Verdict,
) {
    let mut walk = Walk {
        busy: BTreeMap::new(),
        done: BTreeMap::new(),
    };
    for scene in &story.scenes {
        for it in &scene.moves {
            if it.steps.iter().any(is_handoff) {
                walk.leave(it.event);
            }
            if it.after.is_none_or(is_over)
                && let Some(line) = line_of(it.event, scene)
            {
                walk.end(line, it, rule, scene.index, verdict);
            }
        }
        for lease in &scene.leases {
            let event = lease.fence.event;
            let Some(line) = line_of(event, scene) else {
                continue;
            };
            let busy = walk.busy.entry(line).or_default();
            let other = busy.iter().find(|it| **it != event).copied();
            verdict.hold(other.is_none(), || {
                let (name, index) = (rule.name, scene.index);
                format!("entry {index}: {event} is leased while {other:?} of its {name} is busy")
            });
            busy.insert(event);
        }
    }
}

fn is_handoff(step: &StepKind) -> bool {
    matches!(step, StepKind::HandedOff { .. })
}

impl<L: Ord> Walk<L> {
    /// The event goes to another queue, where nobody was given it yet.
    fn leave(&mut self, event: EventId) {
        for busy in self.busy.values_mut() {
            busy.remove(&event);
        }
    }

    fn end(&mut self, line: L, it: &Move, rule: Rule, index: u64, verdict: &mut Verdict) {
        let was_busy = self
            .busy
            .get_mut(&line)
            .is_some_and(|busy| busy.remove(&it.event));
        let cancelled = matches!(
            it.after,
            None | Some(EventState::Ended {
                outcome: Outcome::Cancelled,
                ..
            })
        );
        if !was_busy || cancelled || !rule.in_order {
            return;
        }
        let before = self.done.insert(line, it.place);
        verdict.hold(before.is_none_or(|before| before < it.place), || {
            let (name, event) = (rule.name, it.event);
            format!("entry {index}: {event} is done after a later one of its {name}")
        });
    }
}
