//! Rules about sources, and about what they hold.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::limits::{DEFINITION_BYTES_MAX, SECRETS_PER_SOURCE};
use crate::model::{EventState, Origin, SourceMode};
use crate::state::State;

/// A source belongs to a team, has its name there alone, and keeps within its bounds.
pub(super) fn a_source_is_known_by_its_name(_: &State, all: &All) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for source in all.sources.values() {
        let secrets: BTreeSet<_> = source.secrets.iter().map(|it| &it.sealed.name).collect();
        let right = all.teams.contains_key(&source.team)
            && names.insert((source.team, &source.slug))
            && source.revision > 0
            && source.definition.len() <= DEFINITION_BYTES_MAX
            && secrets.len() == source.secrets.len()
            && secrets.len() <= SECRETS_PER_SOURCE;
        ensure(right, || format!("{} of {}", source.id, source.team))?;
    }
    Ok(())
}

/// Every event that is held came to a source and stands in what it holds; and every row of that
/// stands for such an event.
pub(super) fn a_held_event_stands_with_its_source(_: &State, all: &All) -> Result<(), String> {
    let mut held = 0;
    for event in all.events.values() {
        if !matches!(event.state, EventState::Held { .. }) {
            continue;
        }
        held += 1;
        let row = match event.origin {
            Origin::Source(source) => all.held.get(&(source, event.accepted_at)),
            Origin::Token(_) | Origin::Cron(_) | Origin::Session(_) => None,
        };
        ensure(row == Some(&event.id), || {
            format!("{} of {}: {row:?}", event.id, event.origin)
        })?;
    }
    ensure(all.held.len() == held, || {
        format!("{} rows for {held} held events", all.held.len())
    })
}

/// What a source holds is counted, with its team and where none of it lies before; and nothing is
/// counted where nothing is held.
pub(super) fn what_a_source_holds_is_counted(_: &State, all: &All) -> Result<(), String> {
    let sources: BTreeSet<_> = all.held.keys().map(|it| it.0).collect();
    ensure(sources.iter().eq(all.holdings.keys()), || {
        format!("events of {sources:?}, {:?}", all.holdings)
    })?;
    for (id, holding) in &all.holdings {
        let mut rows = all.held.iter().filter(|it| it.0.0 == *id);
        let count = rows.clone().count() as u64;
        let own = |it: (_, &_)| all.events.contains_key(&(holding.team, *it.1));
        let first = rows.clone().next().map(|it| it.0.1);
        let right = count == holding.run.len
            && first.is_some_and(|it| holding.run.head <= it)
            && rows.all(own);
        ensure(right, || {
            format!("{id}: {holding:?}, but {count} from {first:?}")
        })?;
    }
    Ok(())
}

/// A source that is enabled, or gone, holds nothing back: a tick comes for it.
pub(super) fn what_need_not_be_held_is_released(state: &State, all: &All) -> Result<(), String> {
    for id in all.holdings.keys() {
        let mode = all.sources.get(id).map(|it| it.mode);
        let free = mode.is_none_or(|it| it == SourceMode::Enabled);
        let due = state.next_deadline().is_some_and(|it| it <= all.meta.now);
        let right = state.releasing.contains(id) == free && (due || !free);
        ensure(right, || format!("{id} is {mode:?}: {:?}", state.releasing))?;
    }
    Ok(())
}
