//! Rules about the due index.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::model::{DueKind, EventState};
use crate::state::State;

/// A delay and a backoff have a row for their end, and whatever no session holds has one for the
/// end of its TTL. There are no other rows.
pub(super) fn the_due_index_is_what_the_events_wait_for(
    _: &State,
    all: &All,
) -> Result<(), String> {
    let mut wanted = BTreeSet::new();
    for event in all.events.values() {
        let mut want = |at, kind| wanted.insert((at, event.team, event.id, kind));
        if let EventState::Delayed { until } | EventState::Backoff { until } = event.state {
            want(until, DueKind::Wake);
        }
        let ages = match event.state {
            EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Backoff { .. }
            | EventState::Ready
            | EventState::Waiting => true,
            EventState::Leased { .. }
            | EventState::Parked { .. }
            | EventState::Dead { .. }
            | EventState::Ended { .. } => false,
        };
        if let Some(at) = event.expires.filter(|_| ages) {
            want(at, DueKind::Expire);
        }
    }
    let differs = wanted.symmetric_difference(&all.due).next();
    ensure(differs.is_none(), || format!("{differs:?}"))
}

/// The meta row counts the due rows, and knows where none of them lies before.
pub(super) fn the_due_index_is_counted(_: &State, all: &All) -> Result<(), String> {
    let first = all.due.first().map(|it| it.0);
    let right =
        all.meta.due_len == all.due.len() as u64 && first.is_none_or(|it| all.meta.due_from <= it);
    ensure(right, || {
        format!("{:?}, but {} rows from {first:?}", all.meta, all.due.len())
    })
}
