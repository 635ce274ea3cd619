//! Rules about queues.

use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::model::{Class, Event, EventState, Queue};
use crate::state::State;

/// The row of a queue counts what is not in its runs, and belongs to a team.
pub(super) fn a_queue_counts_its_events(_: &State, all: &All) -> Result<(), String> {
    for queue in all.queues.values() {
        ensure(all.teams.contains_key(&queue.team), || {
            format!("{} belongs to nobody", queue.id)
        })?;
        let mut counted = [0u64; 5];
        for event in all.events.values().filter(|it| it.queue == queue.id) {
            match event.state {
                EventState::Delayed { .. } => counted[0] += 1,
                EventState::Backoff { .. } => counted[1] += 1,
                EventState::Waiting => counted[2] += 1,
                EventState::Dead { .. } => counted[3] += 1,
                EventState::Held { .. } => counted[4] += 1,
                EventState::Ready
                | EventState::Leased { .. }
                | EventState::Parked { .. }
                | EventState::Ended { .. } => {}
            }
        }
        let says = [
            queue.delayed,
            queue.backoff,
            queue.waiting,
            queue.dead,
            queue.held,
        ];
        ensure(says == counted, || {
            format!(
                "{}: delayed, backoff, waiting, dead, held are {counted:?}, its row says {says:?}",
                queue.id
            )
        })?;
    }
    Ok(())
}

/// Only a strict queue is blocked by an event, and what blocks it is its only one that is out.
/// (A queue that was made strict while several were out waits for all of them first.)
pub(super) fn a_strict_queue_has_one_event_out(_: &State, all: &All) -> Result<(), String> {
    for queue in all.queues.values() {
        let Some(hold) = queue.strict_hold else {
            continue;
        };
        let broken = |what: &str| format!("{}: {what}, {hold:?}", queue.id);
        ensure(queue.settings.strict, || broken("not strict"))?;
        let event = all
            .event_in(queue.id, hold.event)
            .ok_or_else(|| broken("blocked by no event of its own"))?;
        ensure(
            (event.class, event.position) == (hold.class, hold.position),
            || broken("another place"),
        )?;
        let right = match event.state {
            EventState::Ready => hold.ready,
            EventState::Leased { .. } | EventState::Parked { .. } | EventState::Backoff { .. } => {
                !hold.ready
            }
            EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Waiting
            | EventState::Dead { .. }
            | EventState::Ended { .. } => false,
        };
        ensure(right, || broken("the event is elsewhere"))?;
        let other = held(all, queue).find(|it| it.id != hold.event);
        ensure(other.is_none(), || broken("another one is out"))?;
    }
    Ok(())
}

/// What sessions hold of a queue, interrupts apart.
fn held<'a>(all: &'a All, queue: &'a Queue) -> impl Iterator<Item = &'a Event> {
    all.events.values().filter(|it| {
        let held = match it.state {
            EventState::Leased { .. } | EventState::Parked { .. } => true,
            EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Ready
            | EventState::Waiting
            | EventState::Backoff { .. }
            | EventState::Dead { .. }
            | EventState::Ended { .. } => false,
        };
        held && it.queue == queue.id && it.class != Class::Interrupt
    })
}
