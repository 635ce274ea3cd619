//! Events of one ordering key: one at a time, in the order of their places.

use super::busy::{Rule, walk};
use super::{Evidence, Property, Verdict};
use crate::story::Scene;

pub(super) const PROPERTY: Property = Property {
    name: "keyed_order",
    proves: "of the events of one ordering key in one queue, none is leased while another one is \
             between its first lease and its end, and they end in the order of their places",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let story = &evidence.story;
    let line_of = |event, scene: &Scene| {
        let traits = story.traits(event);
        traits
            .key
            .clone()
            .map(|key| (story.queue_of(event, scene), key))
    };
    let rule = Rule {
        name: "ordering key",
        in_order: true,
    };
    walk(story, rule, line_of, verdict);
}

#[cfg(test)]
mod tests {
    use ackord_core::model::{Class, EventState};

    use super::super::stage::{Acts, Stage, done, leased};
    use super::*;

    fn two_of_a_key() -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        stage.introduce(1, Class::Normal, Some("k"));
        stage.introduce(2, Class::Normal, Some("k"));
        stage
    }

    #[test]
    fn one_after_the_other_is_fine() {
        let mut stage = two_of_a_key();
        stage
            .tick()
            .moved(1, None, leased(1), 1, vec![])
            .gives(1, 1, 1);
        let ack = stage.tick();
        ack.moved(1, Some(leased(1)), done(), 1, vec![]);
        ack.moved(2, Some(EventState::Waiting), leased(1), 2, vec![])
            .gives(2, 1, 1);
        stage.tick().moved(2, Some(leased(1)), done(), 2, vec![]);
        stage.holds(PROPERTY);
    }

    #[test]
    fn two_at_a_time_are_wrong() {
        let mut stage = two_of_a_key();
        stage.tick().gives(1, 1, 1);
        stage
            .tick()
            .moved(1, Some(leased(1)), EventState::Ready, 1, vec![]);
        stage.tick().gives(2, 1, 2);
        stage.breaks(PROPERTY, "is busy");
    }

    #[test]
    fn the_later_one_first_is_wrong() {
        let mut stage = two_of_a_key();
        stage.tick().gives(2, 1, 1);
        stage.tick().moved(2, Some(leased(1)), done(), 2, vec![]);
        stage.tick().gives(1, 1, 1);
        stage.tick().moved(1, Some(leased(1)), done(), 1, vec![]);
        stage.breaks(PROPERTY, "after a later one");
    }
}
