//! Rules about the lists of dead letters and of finished events.

use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::id::TeamId;
use crate::model::EventState;
use crate::state::State;
use crate::time::{Position, Timestamp};

/// Every dead event has one entry in its team's list, and every entry stands for a dead event.
pub(super) fn dead_letters_are_the_dead_events(_: &State, all: &All) -> Result<(), String> {
    let mut dead = 0;
    for event in all.events.values() {
        let EventState::Dead {
            cause,
            at,
            position,
        } = event.state
        else {
            continue;
        };
        dead += 1;
        let letter = all
            .dead
            .get(&(event.team, position))
            .map(|it| (it.event, it.queue, it.at, it.cause));
        ensure(letter == Some((event.id, event.queue, at, cause)), || {
            format!("{event:?} and {letter:?}")
        })?;
    }
    ensure(all.dead.len() == dead, || {
        format!("{} letters for {dead} dead events", all.dead.len())
    })
}

/// Every event that is out for good has its entry in its team's history. An event that was
/// replayed, or is forgotten, leaves the entries of earlier ends behind.
pub(super) fn every_ended_event_is_in_the_history(_: &State, all: &All) -> Result<(), String> {
    for event in all.events.values() {
        let EventState::Ended {
            outcome,
            at,
            position,
        } = event.state
        else {
            continue;
        };
        let entry = all
            .finished
            .get(&(event.team, position))
            .map(|it| (it.event, it.queue, it.at, it.outcome));
        ensure(entry == Some((event.id, event.queue, at, outcome)), || {
            format!("{event:?} and {entry:?}")
        })?;
    }
    Ok(())
}

/// A team knows where no entry of its lists lies before, and the lists are in the order of time.
pub(super) fn nothing_lies_before_the_front_of_a_list(_: &State, all: &All) -> Result<(), String> {
    for team in all.teams.values() {
        let own = |it: &(TeamId, Position)| it.0 == team.id;
        let dead = all.dead.iter().filter(|it| own(it.0));
        in_order(team.dead_from, dead.map(|(key, it)| (key.1, it.at)))
            .map_err(|it| format!("dead letters of {}: {it}", team.id))?;
        let finished = all.finished.iter().filter(|it| own(it.0));
        in_order(team.finished_from, finished.map(|(key, it)| (key.1, it.at)))
            .map_err(|it| format!("history of {}: {it}", team.id))?;
    }
    let teams = |it: &(TeamId, Position)| all.teams.contains_key(&it.0);
    ensure(
        all.dead.keys().all(teams) && all.finished.keys().all(teams),
        || String::from("a list of no team"),
    )
}

fn in_order(
    front: Position,
    entries: impl Iterator<Item = (Position, Timestamp)>,
) -> Result<(), String> {
    let mut before = (front, Timestamp::default());
    for (position, at) in entries {
        ensure(before.0 <= position && before.1 <= at, || {
            format!("{position} at {at} after {} at {}", before.0, before.1)
        })?;
        before = (position, at);
    }
    Ok(())
}
