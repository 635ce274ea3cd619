//! Within a class of a queue, who comes first goes first.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::history::StepKind;
use ackord_core::id::{EventId, QueueId};
use ackord_core::model::{Class, EventState};
use ackord_core::time::Position;

use super::{Evidence, Property, Verdict};
use crate::story::{Scene, Story};

pub(super) const PROPERTY: Property = Property {
    name: "first_leases_in_order",
    proves: "per queue and class, no event is leased for the first time while one with an earlier \
             place, never leased either, is ready",
    check,
};

/// Events of one class of one queue that are ready and were never leased, by place.
type Ready = BTreeMap<(QueueId, Class), BTreeMap<Position, EventId>>;

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut walk = Walk {
        story: &evidence.story,
        ready: Ready::new(),
        leased: BTreeSet::new(),
    };
    for scene in &evidence.story.scenes {
        walk.scene(scene, verdict);
    }
}

struct Walk<'a> {
    story: &'a Story,
    ready: Ready,
    /// Events that were leased since they were accepted or sent round again.
    leased: BTreeSet<EventId>,
}

impl Walk<'_> {
    fn scene(&mut self, scene: &Scene, verdict: &mut Verdict) {
        let ready_after = |event: EventId| {
            let last = scene.moves.iter().find(|it| it.event == event);
            last.is_none_or(|it| it.after == Some(EventState::Ready))
        };
        for (nth, lease) in scene.leases.iter().enumerate() {
            let event = lease.fence.event;
            if !self.leased.insert(event) {
                continue;
            }
            let later = scene.leases[nth + 1..].iter().map(|it| it.fence.event);
            let later: BTreeSet<EventId> = later.collect();
            let passed = self
                .before(scene, event)
                .find(|it| ready_after(*it) || later.contains(it));
            verdict.hold(passed.is_none(), || {
                let index = scene.index;
                format!("entry {index}: {event} goes before {passed:?}, which has waited longer")
            });
        }
        for it in &scene.moves {
            if it.steps.contains(&StepKind::Replayed) && !is_leased_in(scene, it.event) {
                self.leased.remove(&it.event);
            }
            let run = self.run(it.event, scene);
            run.retain(|_, event| *event != it.event);
            if it.after == Some(EventState::Ready) && !self.leased.contains(&it.event) {
                self.run(it.event, scene).insert(it.place, it.event);
            }
        }
    }

    fn run(&mut self, event: EventId, scene: &Scene) -> &mut BTreeMap<Position, EventId> {
        let class = self.story.traits(event).class;
        let queue = self.story.queue_of(event, scene);
        self.ready.entry((queue, class)).or_default()
    }

    /// Those that were ready before this scene, with an earlier place.
    fn before(&self, scene: &Scene, event: EventId) -> impl Iterator<Item = EventId> {
        let class = self.story.traits(event).class;
        let run = self
            .ready
            .get(&(self.story.queue_of(event, scene), class))
            .into_iter()
            .flatten();
        let leased = scene.moves.iter().find(|it| it.event == event);
        let place = leased.map_or(Position::default(), |it| it.place);
        run.take_while(move |it| *it.0 < place).map(|it| *it.1)
    }
}

fn is_leased_in(scene: &Scene, event: EventId) -> bool {
    scene.leases.iter().any(|it| it.fence.event == event)
}

#[cfg(test)]
mod tests {
    use super::super::stage::{Acts, Stage, leased};
    use super::*;

    fn two_ready(class: Class) -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        stage.introduce(1, Class::Normal, None);
        stage.introduce(2, class, None);
        stage.tick().moved(1, None, EventState::Ready, 1, vec![]);
        stage.tick().moved(2, None, EventState::Ready, 2, vec![]);
        stage
    }

    fn lease(stage: &mut Stage, event: u128, place: u64) {
        let scene = stage.tick();
        scene
            .moved(event, Some(EventState::Ready), leased(1), place, vec![])
            .gives(event, 1, 1);
    }

    #[test]
    fn in_order_is_fine() {
        let mut stage = two_ready(Class::Normal);
        lease(&mut stage, 1, 1);
        lease(&mut stage, 2, 2);
        stage.holds(PROPERTY);
    }

    #[test]
    fn the_later_one_does_not_go_first() {
        let mut stage = two_ready(Class::Normal);
        lease(&mut stage, 2, 2);
        stage.breaks(PROPERTY, "has waited longer");
    }

    #[test]
    fn nor_in_one_command() {
        let mut stage = two_ready(Class::Normal);
        let scene = stage.tick();
        scene.moved(1, Some(EventState::Ready), leased(1), 1, vec![]);
        scene.moved(2, Some(EventState::Ready), leased(2), 2, vec![]);
        scene.gives(2, 1, 2).gives(1, 1, 1);
        stage.breaks(PROPERTY, "has waited longer");
    }

    #[test]
    fn a_new_event_does_not_pass_those_that_wait() {
        let mut stage = two_ready(Class::Normal);
        stage.introduce(3, Class::Normal, None);
        stage
            .tick()
            .moved(3, None, leased(1), 3, vec![])
            .gives(3, 1, 1);
        stage.breaks(PROPERTY, "has waited longer");
    }

    #[test]
    fn who_waited_in_a_lane_still_has_an_early_place() {
        let mut stage = Stage::default();
        stage.queue(false);
        stage.introduce(1, Class::Normal, Some("k"));
        stage.introduce(2, Class::Normal, None);
        stage.tick().moved(1, None, EventState::Waiting, 1, vec![]);
        stage.tick().moved(2, None, EventState::Ready, 2, vec![]);
        stage
            .tick()
            .moved(1, Some(EventState::Waiting), leased(1), 1, vec![])
            .gives(1, 1, 1);
        stage.holds(PROPERTY);
    }

    #[test]
    fn another_class_is_another_order() {
        let mut stage = two_ready(Class::Priority);
        lease(&mut stage, 2, 2);
        stage.holds(PROPERTY);
    }

    #[test]
    fn what_came_back_does_not_count() {
        let mut stage = two_ready(Class::Normal);
        lease(&mut stage, 1, 1);
        stage
            .tick()
            .moved(1, Some(leased(1)), EventState::Ready, 1, vec![]);
        lease(&mut stage, 2, 2);
        stage.holds(PROPERTY);
    }
}
