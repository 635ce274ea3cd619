//! An event is dead by attempts when they are spent, and not before.

use std::collections::BTreeMap;

use ackord_core::command::Op as Command;
use ackord_core::history::{ReturnCause, StepKind};
use ackord_core::id::EventId;
use ackord_core::model::DeadCause;

use super::{Evidence, Property, Verdict};
use crate::story::{Story, is_over};

pub(super) const PROPERTY: Property = Property {
    name: "attempts_are_counted",
    proves: "an event dies by attempts exactly when as many were spent as it or its queue allows: \
             by nacks, by leases that ran out, and perhaps by sessions that were lost",
    check,
};

/// What was spent of an event's attempts since it was accepted or sent round again.
#[derive(Default)]
struct Spent {
    /// For sure.
    least: u32,
    /// Perhaps: a session that was lost may have claimed, or not.
    most: u32,
}

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let story = &evidence.story;
    let own = own_attempts(story);
    let mut spent: BTreeMap<EventId, Spent> = BTreeMap::new();
    for (_, scene, it) in story.moves() {
        let (event, index) = (it.event, scene.index);
        let of_queue = || {
            story
                .queues
                .get(&story.queue_of(event, scene))
                .map(|it| it.settings.attempts)
        };
        let Some(allowed) = own.get(&event).copied().or_else(of_queue) else {
            continue;
        };
        let spent = spent.entry(event).or_default();
        for step in &it.steps {
            spent.count(step);
            if let StepKind::Dead {
                cause: DeadCause::Attempts,
                ..
            } = step
            {
                let most = spent.most;
                verdict.hold(most >= allowed, || {
                    format!("entry {index}: {event} is dead after {most} of {allowed} attempts")
                });
            }
        }
        if !it.after.is_none_or(is_over) {
            let least = spent.least;
            verdict.hold(least < allowed, || {
                format!("entry {index}: {event} lives after {least} of {allowed} attempts")
            });
        }
    }
}

impl Spent {
    fn count(&mut self, step: &StepKind) {
        match step {
            StepKind::Returned {
                cause: ReturnCause::Nack | ReturnCause::LeaseExpired,
                ..
            } => {
                self.least += 1;
                self.most += 1;
            }
            StepKind::Returned {
                cause: ReturnCause::SessionLost,
                ..
            } => self.most += 1,
            StepKind::Replayed | StepKind::HandedOff { .. } => *self = Self::default(),
            _ => {}
        }
    }
}

/// What events say themselves.
fn own_attempts(story: &Story) -> BTreeMap<EventId, u32> {
    let submits = story
        .scenes
        .iter()
        .filter_map(|scene| match &scene.command.op {
            Command::Submit(it) => Some((it.event, it.attempts?)),
            _ => None,
        });
    submits.collect()
}

#[cfg(test)]
mod tests {
    use ackord_core::model::{Class, EventState};
    use ackord_core::time::{Position, Timestamp};

    use super::super::stage::{Acts, QUEUE, Stage};
    use super::*;

    const BACKOFF: EventState = EventState::Backoff {
        until: Timestamp(0),
    };
    const DEAD: EventState = EventState::Dead {
        cause: DeadCause::Attempts,
        at: Timestamp(0),
        position: Position {
            index: 0,
            offset: 0,
        },
    };

    fn returned(cause: ReturnCause) -> StepKind {
        StepKind::Returned {
            delivery: 1,
            cause,
            reason: None,
        }
    }

    fn dead() -> StepKind {
        StepKind::Dead {
            cause: DeadCause::Attempts,
            reason: None,
        }
    }

    /// An event with two attempts, and what happens to it.
    fn life(steps: Vec<Vec<StepKind>>) -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        stage.introduce(1, Class::Normal, None);
        stage
            .evidence
            .story
            .queues
            .get_mut(&QUEUE)
            .expect("there is one")
            .settings
            .attempts = 2;
        for steps in steps {
            let after = if steps.contains(&dead()) {
                DEAD
            } else {
                BACKOFF
            };
            stage
                .tick()
                .moved(1, Some(EventState::Ready), after, 1, steps);
        }
        stage
    }

    #[test]
    fn two_attempts_are_two() {
        let nack = || returned(ReturnCause::Nack);
        life(vec![vec![nack()], vec![nack(), dead()]]).holds(PROPERTY);
        life(vec![vec![nack(), dead()]]).breaks(PROPERTY, "is dead after 1 of 2");
        life(vec![vec![nack()], vec![nack()]]).breaks(PROPERTY, "lives after 2 of 2");
    }

    #[test]
    fn what_spends_nothing_does_not_count() {
        let unclaimed = returned(ReturnCause::Unclaimed);
        life(vec![vec![unclaimed.clone()], vec![unclaimed, dead()]])
            .breaks(PROPERTY, "is dead after 0 of 2");
    }

    #[test]
    fn a_lost_session_may_have_spent_one() {
        let (lost, expired) = (
            returned(ReturnCause::SessionLost),
            returned(ReturnCause::LeaseExpired),
        );
        life(vec![vec![lost.clone()], vec![expired.clone(), dead()]]).holds(PROPERTY);
        life(vec![vec![lost], vec![expired]]).holds(PROPERTY);
    }

    #[test]
    fn a_new_round_has_new_attempts() {
        let nack = || returned(ReturnCause::Nack);
        life(vec![
            vec![nack()],
            vec![nack(), dead()],
            vec![StepKind::Replayed],
            vec![nack()],
        ])
        .holds(PROPERTY);
    }
}
