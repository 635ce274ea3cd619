//! A strict queue: one event at a time.

use ackord_core::model::Class;

use super::busy::{Rule, walk};
use super::{Evidence, Property, Verdict};
use crate::story::Scene;

pub(super) const PROPERTY: Property = Property {
    name: "strict_one_at_a_time",
    proves: "of the events of a strict queue, interrupts apart, none is leased while another one is \
             between its first lease and its end",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let story = &evidence.story;
    let line_of = |event, scene: &Scene| {
        let traits = story.traits(event);
        let queue = story.queue_of(event, scene);
        let strict = story
            .queues
            .get(&queue)
            .is_some_and(|it| it.settings.strict);
        (strict && traits.class != Class::Interrupt).then_some(queue)
    };
    let rule = Rule {
        name: "strict queue",
        in_order: false,
    };
    walk(story, rule, line_of, verdict);
}

#[cfg(test)]
mod tests {
    use ackord_core::model::EventState;

    use super::super::stage::{Acts, Stage, leased};
    use super::*;

    fn two_events(strict: bool, second: Class) -> Stage {
        let mut stage = Stage::default();
        stage.queue(strict);
        stage.introduce(1, Class::Normal, None);
        stage.introduce(2, second, None);
        stage.tick().gives(1, 1, 1);
        stage
            .tick()
            .moved(1, Some(leased(1)), EventState::Ready, 1, vec![]);
        stage.tick().gives(2, 1, 2);
        stage
    }

    #[test]
    fn a_second_event_is_leased_only_when_the_first_is_over() {
        two_events(true, Class::Normal).breaks(PROPERTY, "strict queue is busy");
    }

    #[test]
    fn interrupts_do_not_wait() {
        two_events(true, Class::Interrupt).holds(PROPERTY);
    }

    #[test]
    fn other_queues_are_not_held_to_it() {
        let stage = two_events(false, Class::Normal);
        assert_eq!(PROPERTY.judge(&stage.evidence).checked, 0);
    }
}
