//! Rules about ordering keys.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::id::EventId;
use crate::model::{Event, EventState};
use crate::state::State;

/// The event has left its lane's line, but not the lane: nobody else of its key may go.
fn is_out(event: &Event) -> bool {
    match event.state {
        EventState::Ready
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Backoff { .. } => true,
        EventState::Delayed { .. }
        | EventState::Held { .. }
        | EventState::Waiting
        | EventState::Dead { .. }
        | EventState::Ended { .. } => false,
    }
}

/// A lane exists as long as an event of its key is out, is held by that event, counts who waits,
/// and lets nobody wait before its head or before its holder.
pub(super) fn a_lane_is_held_by_an_event_in_line(_: &State, all: &All) -> Result<(), String> {
    for ((queue, name), lane) in &all.lanes {
        let broken = |what: &str| format!("{queue} {name}: {what}, {lane:?}");
        let holder = all
            .event_in(*queue, lane.holder)
            .ok_or_else(|| broken("the holder is not an event of the queue"))?;
        ensure(is_out(holder) && holder.key.as_ref() == Some(name), || {
            broken("the holder is not out")
        })?;
        let mut rows = all
            .waiting
            .keys()
            .filter(|it| (it.0, &it.1) == (*queue, name))
            .map(|it| it.2);
        let first = rows.next();
        let len = u64::from(first.is_some()) + rows.count() as u64;
        ensure(len == lane.waiting, || broken("waiting is miscounted"))?;
        ensure(first.is_none_or(|it| lane.head <= it), || {
            broken("a row lies before the head")
        })?;
        ensure(first.is_none_or(|it| holder.position < it), || {
            broken("the first one waits")
        })?;
    }
    Ok(())
}

/// Every waiting event has a row in its lane, at its place, and every such row an event.
pub(super) fn a_waiting_event_stands_in_its_lane(_: &State, all: &All) -> Result<(), String> {
    let mut waiting = 0;
    for event in all.events.values() {
        if event.state != EventState::Waiting {
            continue;
        }
        waiting += 1;
        let stands = event.key.as_ref().is_some_and(|name| {
            let place = (event.queue, name.clone(), event.position);
            let lane = (event.queue, name.clone());
            all.waiting.get(&place) == Some(&event.id) && all.lanes.contains_key(&lane)
        });
        ensure(stands, || format!("{event:?}"))?;
    }
    ensure(all.waiting.len() == waiting, || {
        format!("{} rows for {waiting} waiting events", all.waiting.len())
    })
}

/// Of the events of one ordering key, at most one is ready, leased, parked or in backoff, and
/// that one holds the lane.
pub(super) fn one_event_of_a_key_is_out(_: &State, all: &All) -> Result<(), String> {
    let mut out: BTreeMap<_, EventId> = BTreeMap::new();
    for event in all.events.values().filter(|it| is_out(it)) {
        let Some(name) = &event.key else { continue };
        let lane = (event.queue, name.clone());
        let holder = all.lanes.get(&lane).map(|it| it.holder);
        ensure(holder == Some(event.id), || {
            format!("{} is out, but {holder:?} holds {lane:?}", event.id)
        })?;
        let other = out.insert(lane, event.id);
        ensure(other.is_none(), || {
            format!("{} and {other:?} are out", event.id)
        })?;
    }
    Ok(())
}
