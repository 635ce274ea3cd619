//! The story, falsified.

use ackord_core::answer::Reply;
use ackord_core::command::Op as Command;
use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::id::{EventId, QueueId};
use ackord_core::limits::ATTEMPTS_MAX;
use ackord_core::model::{Class, EventState, Mode};
use ackord_core::time::{Millis, Timestamp};

use crate::draw::Draw;
use crate::judge::Evidence;
use crate::story::{Move, Scene, Story, is_over};

pub(super) fn swap_sessions(evidence: &mut Evidence, _: &mut Draw) {
    let keys: Vec<_> = evidence.story.sessions.values().cloned().collect();
    for (session, key) in evidence
        .story
        .sessions
        .values_mut()
        .zip(keys.into_iter().rev())
    {
        *session = key;
    }
}

/// Swaps the scenes of the first leases of two neighbours in one class of one queue, which both had
/// been ready for a while.
pub(super) fn swap_leases(evidence: &mut Evidence, _: &mut Draw) {
    let story = &mut evidence.story;
    let leases: Vec<(usize, EventId)> = (story.scenes.iter().enumerate())
        .filter_map(|(number, scene)| Some((number, waited_and_leased(scene)?)))
        .collect();
    let line = |event: EventId| {
        let traits = story.traits(event);
        (traits.queues.last().map(|it| it.1), traits.class)
    };
    let swapped = leases
        .iter()
        .enumerate()
        .find_map(|(nth, (number, event))| {
            let mut later = leases[nth + 1..].iter();
            let next = later.find(|it| line(it.1) == line(*event))?;
            (entered(story, next.1)? < *number).then_some((*number, next.0))
        });
    if let Some((one, other)) = swapped {
        story.scenes.swap(one, other);
    }
}

/// The event whose first lease is all that a scene decides, if it had been ready before.
fn waited_and_leased(scene: &Scene) -> Option<EventId> {
    let [lease] = scene.leases.as_slice() else {
        return None;
    };
    let event = lease.fence.event;
    let moved = scene.moves.iter().find(|it| it.event == event)?;
    let first = lease.fence.delivery == 1 && moved.before == Some(EventState::Ready);
    first.then_some(event)
}

/// The number of the scene in which an event became ready.
fn entered(story: &Story, event: EventId) -> Option<usize> {
    let ready =
        |it: &&(usize, &Scene, &Move)| it.2.event == event && it.2.after == Some(EventState::Ready);
    story.moves().filter(|it| ready(&it)).map(|it| it.0).next()
}

/// The queue of an event that was never handed off.
fn only_queue(story: &Story, event: EventId) -> Option<QueueId> {
    match story.traits(event).queues.as_slice() {
        [(_, queue)] => Some(*queue),
        _ => None,
    }
}

/// Leases the next event of an ordering key before the one in front of it is over.
pub(super) fn overtake_in_lane(evidence: &mut Evidence, _: &mut Draw) {
    let key = |story: &Story, event| {
        let traits = story.traits(event);
        let key = traits.key.clone()?;
        Some((only_queue(story, event)?, key))
    };
    overtake(&mut evidence.story, key);
}

/// The same in a strict queue.
pub(super) fn overtake_in_strict(evidence: &mut Evidence, _: &mut Draw) {
    let queue = |story: &Story, event| {
        let traits = story.traits(event);
        let queue = only_queue(story, event)?;
        let strict = story.queues.get(&queue)?.settings.strict;
        (strict && traits.class != Class::Interrupt).then_some(queue)
    };
    overtake(&mut evidence.story, queue);
}

/// Moves a lease to before the end of the event that was busy in its line until then.
fn overtake<L: PartialEq>(story: &mut Story, line: impl Fn(&Story, EventId) -> Option<L>) {
    let leases: Vec<(usize, EventId)> = story
        .leases()
        .map(|(number, _, it)| (number, it.fence.event))
        .collect();
    let over = |number: usize, event: EventId| {
        let mut later = story
            .moves()
            .filter(|it| it.0 > number && it.2.event == event);
        later
            .find(|it| it.2.after.is_some_and(is_over))
            .map(|it| it.0)
    };
    let found = leases
        .iter()
        .enumerate()
        .find_map(|(nth, (number, event))| {
            let mine = line(story, *event)?;
            let end = over(*number, *event)?;
            let mut later = leases[nth + 1..]
                .iter()
                .filter(|it| it.0 > end && it.1 != *event);
            let next = later.find(|it| line(story, it.1).as_ref() == Some(&mine))?;
            Some((*number, next.0))
        });
    if let Some((first, next)) = found {
        let moved = story.scenes.remove(next);
        story.scenes.insert(first + 1, moved);
    }
}

pub(super) fn change_cause(evidence: &mut Evidence, _: &mut Draw) {
    for step in moves(&mut evidence.story).flat_map(|it| &mut it.steps) {
        if let StepKind::Leased {
            cause: cause @ DeliveryCause::First,
            ..
        } = step
        {
            *cause = DeliveryCause::Again;
            return;
        }
    }
}

/// What was taken back because its time was over was taken back at the beginning of all.
pub(super) fn take_back_early(evidence: &mut Evidence, _: &mut Draw) {
    let overdue = |step: &StepKind| {
        let causes = [
            ReturnCause::Unconfirmed,
            ReturnCause::Unclaimed,
            ReturnCause::LeaseExpired,
        ];
        matches!(step, StepKind::Returned { cause, .. } if causes.contains(cause))
    };
    for scene in &mut evidence.story.scenes {
        if scene.moves.iter().flat_map(|it| &it.steps).any(overdue) {
            scene.at = Timestamp(1);
        }
    }
}

/// What was delayed was to wait for an hour more.
pub(super) fn wake_early(evidence: &mut Evidence, _: &mut Draw) {
    for it in moves(&mut evidence.story) {
        if let Some(EventState::Delayed { until } | EventState::Backoff { until }) = &mut it.before
        {
            *until = until.after(Millis::from_hours(1));
        }
    }
}

/// Who let a queue go on has paused it.
pub(super) fn pause_for_good(evidence: &mut Evidence, _: &mut Draw) {
    set_for_good(&mut evidence.story, Mode::Paused);
}

/// Who let a queue go on has it drain.
pub(super) fn drain_for_good(evidence: &mut Evidence, _: &mut Draw) {
    set_for_good(&mut evidence.story, Mode::Draining);
}

fn set_for_good(story: &mut Story, mode: Mode) {
    for scene in &mut story.scenes {
        if let Command::SetMode(it) = &mut scene.command.op {
            it.mode = mode;
        }
    }
}

/// Queues allowed more attempts than anybody has spent.
pub(super) fn allow_attempts(evidence: &mut Evidence, _: &mut Draw) {
    for queue in evidence.story.queues.values_mut() {
        queue.settings.attempts = ATTEMPTS_MAX;
    }
}

/// The first are the last.
pub(super) fn turn_classes(evidence: &mut Evidence, _: &mut Draw) {
    for event in evidence.story.events.values_mut() {
        event.class = match event.class {
            Class::Interrupt => Class::Normal,
            Class::Priority => Class::Priority,
            Class::Normal => Class::Interrupt,
        };
    }
}

fn moves(story: &mut Story) -> impl Iterator<Item = &mut Move> {
    story.scenes.iter_mut().flat_map(|it| &mut it.moves)
}

pub(super) fn answer_wrongly(evidence: &mut Evidence, _: &mut Draw) {
    for scene in &mut evidence.story.scenes {
        if let Ok(Reply::Acked { at, .. }) = &mut scene.answer {
            at.0 += 1;
            return;
        }
    }
}
