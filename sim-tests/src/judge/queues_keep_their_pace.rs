//! A paused queue gives nothing, and a bounded one not more than its bound.

use std::collections::BTreeMap;

use ackord_core::history::{DeliveryCause, StepKind};
use ackord_core::id::QueueId;
use ackord_core::model::{Class, Mode};
use ackord_core::time::{Millis, Timestamp};

use super::{Evidence, Property, Verdict};
use crate::story::{Modes, Scene};

pub(super) const PROPERTY: Property = Property {
    name: "queues_keep_their_pace",
    proves: "a paused queue leases nothing, and a queue with a bound of leases a minute lets the \
             time between two leases pass, interrupts apart",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let story = &evidence.story;
    let mut modes = Modes::default();
    let mut latest: BTreeMap<QueueId, Timestamp> = BTreeMap::new();
    for scene in &story.scenes {
        modes.follow(scene);
        for lease in dispatched(scene) {
            let traits = story.traits(lease);
            let queue = story.queue_of(lease, scene);
            let paused = modes.of(queue) == Mode::Paused;
            verdict.hold(!paused, || {
                format!(
                    "entry {}: {queue} is paused, and leases {lease}",
                    scene.index
                )
            });
            let rate = story
                .queues
                .get(&queue)
                .and_then(|it| it.settings.leases_per_minute);
            if let Some(rate) = rate
                && traits.class != Class::Interrupt
            {
                let span = Millis(60_000 / u64::from(rate));
                let free = latest
                    .insert(queue, scene.at)
                    .map_or(Timestamp(0), |it| it.after(span));
                verdict.hold(free <= scene.at, || {
                    let (index, at) = (scene.index, scene.at);
                    format!("entry {index}: {queue} leases {lease} at {at}, not later than {free}")
                });
            }
        }
    }
}

/// Events that their queue chose, in order.
fn dispatched(scene: &Scene) -> impl Iterator<Item = ackord_core::id::EventId> {
    let chosen = |step: &StepKind| {
        let causes = [DeliveryCause::First, DeliveryCause::Again];
        matches!(step, StepKind::Leased { cause, .. } if causes.contains(cause))
    };
    scene
        .leases
        .iter()
        .map(|it| it.fence.event)
        .filter(move |event| {
            let moved = scene.moves.iter().find(|it| it.event == *event);
            moved.is_some_and(|it| it.steps.iter().any(chosen))
        })
}

#[cfg(test)]
mod tests {
    use ackord_core::answer::Reply;
    use ackord_core::command::{Op as Command, SetMode};
    use ackord_core::id::SessionId;
    use ackord_core::model::EventState;

    use super::super::stage::{Acts, QUEUE, Stage, leased};
    use super::*;

    fn stage(class: Class) -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        stage.introduce(1, class, None);
        stage.introduce(2, class, None);
        stage
    }

    fn lease(stage: &mut Stage, event: u128, at: u64, cause: DeliveryCause) {
        let step = StepKind::Leased {
            session: SessionId(1),
            delivery: 1,
            cause,
        };
        let scene = stage.tick();
        scene.at = Timestamp(at);
        scene
            .moved(event, Some(EventState::Ready), leased(1), 1, vec![step])
            .gives(event, 1, 1);
    }

    fn set_mode(stage: &mut Stage, mode: Mode) {
        let scene = stage.scene(Command::SetMode(SetMode { tag: None, mode }));
        scene.answer = Ok(Reply::Queue(QUEUE, 1));
    }

    #[test]
    fn a_paused_queue_leases_nothing() {
        let mut stage = stage(Class::Normal);
        set_mode(&mut stage, Mode::Paused);
        lease(&mut stage, 1, 5, DeliveryCause::Resume);
        assert_eq!(stage.broken(PROPERTY), Vec::<String>::new());
        lease(&mut stage, 1, 5, DeliveryCause::First);
        stage.breaks(PROPERTY, "is paused");
    }

    #[test]
    fn a_resumed_queue_leases_again() {
        let mut stage = stage(Class::Normal);
        set_mode(&mut stage, Mode::Paused);
        set_mode(&mut stage, Mode::Active);
        lease(&mut stage, 1, 5, DeliveryCause::First);
        stage.holds(PROPERTY);
    }

    #[test]
    fn leases_of_a_bounded_queue_are_apart() {
        for (class, apart, fine) in [
            (Class::Normal, 100, true),
            (Class::Normal, 99, false),
            (Class::Interrupt, 0, true),
        ] {
            let mut stage = stage(class);
            let queue = stage
                .evidence
                .story
                .queues
                .get_mut(&QUEUE)
                .expect("there is one");
            queue.settings.leases_per_minute = Some(600);
            lease(&mut stage, 1, 1_000, DeliveryCause::First);
            lease(&mut stage, 2, 1_000 + apart, DeliveryCause::Again);
            assert_eq!(stage.broken(PROPERTY).is_empty(), fine, "{class:?} {apart}");
        }
    }
}
