//! Once nothing is broken any more, all work comes to its end.

use super::{Evidence, Property, Verdict};
use crate::story::is_over;

pub(super) const PROPERTY: Property = Property {
    name: "everything_ends",
    proves: "within a bounded time after everything was mended, every event is acked, dead, \
             cancelled or purged, and the queues count nothing",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    for event in evidence.rows.events() {
        verdict.hold(is_over(event.state), || {
            let steps = event.history.steps.iter().rev().take(3).map(|it| &it.kind);
            format!(
                "{} is still {:?}, for {:?}, after {:?}",
                event.id,
                event.state,
                evidence.waits.get(&event.id),
                steps.collect::<Vec<_>>()
            )
        });
    }
    for (_, row) in evidence.rows.iter() {
        let ackord_core::rows::Row::Queue(queue) = row else {
            continue;
        };
        let runs = queue
            .runs
            .iter()
            .map(|it| it.fresh.len + it.returned.len)
            .sum::<u64>();
        let counted = runs + queue.delayed + queue.backoff + queue.waiting;
        verdict.hold(counted == 0, || {
            format!("{} counts {counted} events", queue.id)
        });
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::id::{QueueId, TeamId};
    use ackord_core::model::{Mode, Queue, QueueSettings, Run, Runs};
    use ackord_core::rows::{Key, Row};
    use ackord_core::time::Timestamp;

    use super::super::stage::Stage;
    use super::*;

    fn with_ready(len: u64) -> Stage {
        let run = Run {
            head: Default::default(),
            len,
        };
        let queue = Queue {
            id: QueueId(1),
            team: TeamId(1),
            tag: None,
            mode: Mode::Active,
            settings: QueueSettings::default(),
            revision: 0,
            runs: [Runs {
                fresh: run,
                returned: Run::default(),
            }; 3],
            streak: 0,
            strict_hold: None,
            rate_next: Timestamp(0),
            delayed: 0,
            backoff: 0,
            waiting: 0,
            dead: 1,
            held: 0,
        };
        let rows = [(Key::Queue(queue.id), Row::Queue(Box::new(queue)))];
        let mut stage = Stage::default();
        stage.evidence.rows = rows.into_iter().collect();
        stage
    }

    #[test]
    fn dead_letters_may_stay() {
        with_ready(0).holds(PROPERTY);
    }

    #[test]
    fn a_queue_that_counts_something_has_not_ended() {
        with_ready(2).breaks(PROPERTY, "counts 6 events");
    }
}
