//! Interrupts first, then priority, then normal; but nobody waits for ever.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::history::{DeliveryCause, StepKind};
use ackord_core::id::{EventId, QueueId};
use ackord_core::limits::STREAK_MAX;
use ackord_core::model::{Class, DeadCause, EventState};

use super::{Evidence, Property, Verdict};
use crate::story::{Move, Scene, Story};

pub(super) const PROPERTY: Property = Property {
    name: "classes_in_order",
    proves: "no event is leased while one of a higher class is ready in its queue, unless the \
             higher class has had its sixteen in a row, and it never has more than that while a \
             lower one waits; strict queues apart, whose head blocks",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut walk = Walk {
        story: &evidence.story,
        ready: BTreeMap::new(),
        streaks: BTreeMap::new(),
    };
    for scene in &evidence.story.scenes {
        walk.scene(scene, verdict);
    }
}

struct Walk<'a> {
    story: &'a Story,
    /// Events that are ready, by queue and class.
    ready: BTreeMap<(QueueId, Class), BTreeSet<EventId>>,
    streaks: BTreeMap<QueueId, Streak>,
}

/// Leases of class priority in a row.
#[derive(Clone, Copy, Default)]
struct Streak {
    /// While a normal event may have been ready.
    most: u32,
    /// While a normal event was ready for sure.
    least: u32,
}

impl Walk<'_> {
    fn scene(&mut self, scene: &Scene, verdict: &mut Verdict) {
        for lease in &scene.leases {
            let traits = self.story.traits(lease.fence.event);
            let queue = self.story.queue_of(lease.fence.event, scene);
            let strict = self
                .story
                .queues
                .get(&queue)
                .is_some_and(|it| it.settings.strict);
            if !strict && is_dispatched(scene, lease.fence.event) {
                self.lease(scene, queue, traits.class, verdict);
            }
        }
        for it in &scene.moves {
            let traits = self.story.traits(it.event);
            let queue = self.story.queue_of(it.event, scene);
            let ready = self.ready.entry((queue, traits.class)).or_default();
            if it.after == Some(EventState::Ready) {
                ready.insert(it.event);
            } else {
                ready.remove(&it.event);
            }
        }
    }

    fn lease(&mut self, scene: &Scene, queue: QueueId, class: Class, verdict: &mut Verdict) {
        let waits = |class| self.waits_through(scene, queue, class);
        let (interrupt, priority) = (waits(Class::Interrupt), waits(Class::Priority));
        let normal = waits(Class::Normal).is_some();
        let maybe_normal = normal || self.comes_or_goes(scene, queue, Class::Normal);
        let streak = self.streaks.entry(queue).or_default();
        let passed = match class {
            Class::Interrupt => return,
            Class::Priority => {
                streak.most = if maybe_normal { streak.most + 1 } else { 0 };
                streak.least = if normal { streak.least + 1 } else { 0 };
                interrupt
            }
            Class::Normal => {
                let aged = streak.most >= STREAK_MAX;
                *streak = Streak::default();
                interrupt.or(priority.filter(|_| !aged))
            }
        };
        let (index, least) = (scene.index, streak.least);
        verdict.hold(passed.is_none(), || {
            format!("entry {index}: {class:?} goes before {passed:?}, which is of a higher class")
        });
        verdict.hold(least <= STREAK_MAX, || {
            format!("entry {index}: {least} of class priority in a row while a normal one waits")
        });
    }

    /// An event that was ready before the scene, and is after it.
    fn waits_through(&self, scene: &Scene, queue: QueueId, class: Class) -> Option<EventId> {
        let stays = |event: &&EventId| {
            let moved = scene.moves.iter().find(|it| it.event == **event);
            moved.is_none_or(|it| it.after == Some(EventState::Ready))
        };
        self.ready.get(&(queue, class))?.iter().find(stays).copied()
    }

    /// Whether an event of the class is ready before the scene or after it.
    fn comes_or_goes(&self, scene: &Scene, queue: QueueId, class: Class) -> bool {
        scene.moves.iter().any(|it| {
            let traits = self.story.traits(it.event);
            let ready = [it.before, it.after].contains(&Some(EventState::Ready)) || died_of_age(it);
            (self.story.queue_of(it.event, scene), traits.class) == (queue, class) && ready
        })
    }
}

/// It was ready for a moment, maybe, between what it waited for and the end of its TTL.
fn died_of_age(it: &Move) -> bool {
    let waited = matches!(
        it.before,
        Some(EventState::Delayed { .. } | EventState::Waiting | EventState::Backoff { .. })
    );
    let expired = matches!(
        it.after,
        Some(EventState::Dead {
            cause: DeadCause::Expired,
            ..
        })
    );
    waited && expired
}

/// The queue chose it; it was not handed on within its session.
fn is_dispatched(scene: &Scene, event: EventId) -> bool {
    let steps = scene
        .moves
        .iter()
        .filter(|it| it.event == event)
        .flat_map(|it| &it.steps);
    let mut causes = steps.filter_map(|step| match step {
        StepKind::Leased { cause, .. } => Some(*cause),
        _ => None,
    });
    causes.any(|it| matches!(it, DeliveryCause::First | DeliveryCause::Again))
}

#[cfg(test)]
mod tests {
    use ackord_core::id::SessionId;

    use super::super::stage::{Acts, Stage, leased};
    use super::*;

    fn first(session: u64) -> Vec<StepKind> {
        let session = SessionId(session);
        vec![StepKind::Leased {
            session,
            delivery: 1,
            cause: DeliveryCause::First,
        }]
    }

    /// Events of these classes, all ready.
    fn ready(classes: &[Class]) -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        for (event, class) in (1..).zip(classes) {
            stage.introduce(event, *class, None);
            let place = u64::try_from(event).expect("few");
            stage
                .tick()
                .moved(event, None, EventState::Ready, place, vec![]);
        }
        stage
    }

    fn lease(stage: &mut Stage, event: u128) {
        let scene = stage.tick();
        scene
            .moved(event, Some(EventState::Ready), leased(1), 1, first(1))
            .gives(event, 1, 1);
    }

    #[test]
    fn the_higher_class_goes_first() {
        let mut stage = ready(&[Class::Normal, Class::Priority, Class::Interrupt]);
        for event in [3, 2, 1] {
            lease(&mut stage, event);
        }
        stage.holds(PROPERTY);
    }

    #[test]
    fn the_lower_class_does_not() {
        for higher in [Class::Priority, Class::Interrupt] {
            let mut stage = ready(&[Class::Normal, higher]);
            lease(&mut stage, 1);
            stage.breaks(PROPERTY, "of a higher class");
        }
    }

    #[test]
    fn after_sixteen_in_a_row_a_normal_one_goes() {
        let mut classes = vec![Class::Priority; 18];
        classes.push(Class::Normal);
        let mut stage = ready(&classes);
        (1..=16).for_each(|event| lease(&mut stage, event));
        let mut starved = Stage {
            evidence: stage.evidence.clone(),
        };
        lease(&mut stage, 19);
        stage.holds(PROPERTY);
        lease(&mut starved, 17);
        starved.breaks(PROPERTY, "17 of class priority");
    }
}
