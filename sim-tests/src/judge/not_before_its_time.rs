//! A delay is a delay.

use ackord_core::model::EventState;

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "not_before_its_time",
    proves: "an event that is delayed, or backs off, becomes ready at the log time that was said, \
             or later, and never earlier",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    for (_, scene, it) in evidence.story.moves() {
        let Some(EventState::Delayed { until } | EventState::Backoff { until }) = it.before else {
            continue;
        };
        let goes_on = match it.after {
            Some(EventState::Ready | EventState::Waiting | EventState::Leased { .. }) => true,
            Some(
                EventState::Delayed { .. }
                | EventState::Held { .. }
                | EventState::Backoff { .. }
                | EventState::Parked { .. }
                | EventState::Dead { .. }
                | EventState::Ended { .. },
            )
            | None => false,
        };
        if goes_on {
            verdict.hold(until <= scene.at, || {
                let (index, event, at) = (scene.index, it.event, scene.at);
                format!("entry {index}: {event} goes on at {at}, and was to wait until {until}")
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::time::Timestamp;

    use super::super::stage::{Acts, Stage, leased};
    use super::*;

    fn wakes(until: u64, at: u64) -> Stage {
        let mut stage = Stage::default();
        let until = Timestamp(until);
        for before in [EventState::Delayed { until }, EventState::Backoff { until }] {
            let scene = stage.tick();
            scene.at = Timestamp(at);
            scene.moved(1, Some(before), leased(1), 1, vec![]);
        }
        stage
    }

    #[test]
    fn late_is_fine_and_early_is_not() {
        wakes(100, 100).holds(PROPERTY);
        wakes(100, 250).holds(PROPERTY);
        wakes(100, 99).breaks(PROPERTY, "was to wait");
    }
}
