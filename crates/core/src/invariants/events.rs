//! Rules about one event.

use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::limits::{ACKS_KEPT, ATTEMPTS_MAX, DELIVERIES_MAX, HISTORY_STEPS_MAX};
use crate::model::{Class, EventState, Outcome};
use crate::state::State;
use crate::time::Position;

/// Every event has a content of the size that it says, and no content is without its event.
pub(super) fn an_event_has_its_content(_: &State, all: &All) -> Result<(), String> {
    for (id, event) in &all.events {
        let bytes = all.contents.get(id).copied();
        ensure(bytes == Some(event.body_bytes as usize), || {
            format!("{}: {} bytes, and {bytes:?}", event.id, event.body_bytes)
        })?;
    }
    ensure(all.contents.len() == all.events.len(), || {
        format!(
            "{} contents for {} events",
            all.contents.len(),
            all.events.len()
        )
    })
}

/// A delayed or held event has no place yet; one that is in the queue or was given away has one. An
/// event that a limit of time or a person took out early may have died without.
pub(super) fn an_event_has_a_place_unless_it_is_delayed(
    _: &State,
    all: &All,
) -> Result<(), String> {
    for event in all.events.values() {
        let placed = event.position != Position::default();
        let right = match event.state {
            EventState::Delayed { .. } | EventState::Held { .. } => !placed,
            EventState::Ready
            | EventState::Waiting
            | EventState::Leased { .. }
            | EventState::Parked { .. }
            | EventState::Backoff { .. } => placed,
            EventState::Dead { .. } | EventState::Ended { .. } => placed || event.delivery == 0,
        };
        ensure(right, || {
            format!("{} is {:?} at {}", event.id, event.state, event.position)
        })?;
    }
    Ok(())
}

/// Deliveries of this round are among all deliveries, and within their limit; so are attempts and
/// steps. An attempt needs a delivery. An interrupt has no ordering key.
pub(super) fn the_counters_of_an_event_agree(_: &State, all: &All) -> Result<(), String> {
    for event in all.events.values() {
        let right = event.deliveries <= event.delivery
            && event.deliveries <= DELIVERIES_MAX
            && event.attempts <= event.deliveries
            && event.attempts <= ATTEMPTS_MAX
            && event.history.steps.len() <= HISTORY_STEPS_MAX
            && event.earlier_acks.len() < ACKS_KEPT
            && !(event.class == Class::Interrupt && event.key.is_some());
        ensure(right, || format!("{event:?}"))?;
    }
    Ok(())
}

/// Work is done exactly where an ack of the latest delivery is on record.
pub(super) fn an_acked_event_has_its_ack(_: &State, all: &All) -> Result<(), String> {
    for event in all.events.values() {
        let acked = event.ack.as_ref().map(|it| it.delivery);
        let right = match event.state {
            EventState::Ended {
                outcome: Outcome::Done,
                ..
            } => acked == Some(event.delivery),
            EventState::Ended { .. }
            | EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Ready
            | EventState::Waiting
            | EventState::Leased { .. }
            | EventState::Parked { .. }
            | EventState::Backoff { .. }
            | EventState::Dead { .. } => acked.is_none_or(|it| it <= event.delivery),
        };
        ensure(right, || format!("{event:?}"))?;
    }
    Ok(())
}
