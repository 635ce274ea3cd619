//! Rules about crons.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::limits::EVENTS_PER_CRON;
use crate::model::{Cron, Fate};
use crate::state::State;

/// A cron belongs to a team, has its label there alone, and an instruction; and there is no
/// instruction without one.
pub(super) fn a_cron_is_known_by_its_label(_: &State, all: &All) -> Result<(), String> {
    let mut labels = BTreeSet::new();
    for cron in all.crons.values() {
        let right = all.teams.contains_key(&cron.team)
            && labels.insert((cron.team, &cron.terms.label))
            && cron.revision > 0;
        ensure(right, || format!("{} of {}", cron.id, cron.team))?;
    }
    let crons: BTreeSet<_> = all.crons.values().map(|it| (it.team, it.id)).collect();
    ensure(crons == all.cron_instructions, || {
        format!("{crons:?}, but instructions of {:?}", all.cron_instructions)
    })
}

/// The tick that is to be decided next comes after those that were, within what the cron's terms
/// allow; one that is paused has none.
pub(super) fn no_tick_is_decided_twice(_: &State, all: &All) -> Result<(), String> {
    for cron in all.crons.values() {
        let Cron { next, terms, .. } = &**cron;
        let after = |it| cron.last.is_none_or(|last| last.nominal < it);
        let within = |it| {
            terms.starts.is_none_or(|starts| starts <= it) && terms.ends.is_none_or(|end| it < end)
        };
        let right = next.is_none_or(|it| after(it) && within(it))
            && (cron.paused.is_none() || next.is_none());
        ensure(right, || format!("{cron:?}"))?;
    }
    Ok(())
}

/// No tick is decided before it is due, each is counted, and what one became is the cron's latest
/// event unless somebody has fired it by hand since.
pub(super) fn what_was_decided_of_ticks_agrees(_: &State, all: &All) -> Result<(), String> {
    for cron in all.crons.values() {
        let counts = cron.counts;
        let decided = counts.fired.saturating_add(counts.skipped);
        let last = cron.last.is_none_or(|last| {
            let became = match last.fate {
                Fate::Fired(event) | Fate::Replaced { event, .. } => Some(event),
                Fate::Skipped(_) => None,
            };
            let live = became.is_none_or(|_| cron.live.is_some());
            last.nominal <= last.at && last.at <= all.meta.now && live
        });
        let right =
            last && counts.replaced <= counts.fired && (cron.last.is_some() == (decided > 0));
        ensure(right, || format!("{cron:?}"))?;
    }
    Ok(())
}

/// What a cron remembers as under way has different names, is bounded, and is older than its latest.
pub(super) fn the_events_of_a_cron_are_few(_: &State, all: &All) -> Result<(), String> {
    for cron in all.crons.values() {
        let events: BTreeSet<_> = cron.live.iter().chain(&cron.others).collect();
        let right = events.len() == usize::from(cron.live.is_some()) + cron.others.len()
            && events.len() <= EVENTS_PER_CRON
            && (cron.live.is_some() || cron.others.is_empty());
        ensure(right, || format!("{cron:?}"))?;
    }
    Ok(())
}

/// A tick that is due is found without a look at each cron.
pub(super) fn each_tick_that_is_due_is_found(state: &State, all: &All) -> Result<(), String> {
    let first = all.crons.values().filter_map(|it| it.next).min();
    ensure(state.next_cron() == first, || {
        format!("{:?}, but the rows say {first:?}", state.next_cron())
    })?;
    let now = all.meta.now;
    let due = all
        .crons
        .values()
        .filter(|it| it.next.is_some_and(|it| it <= now));
    let due: BTreeSet<_> = due.map(|it| it.id).collect();
    let found = state.due_crons(now, usize::MAX);
    let found: BTreeSet<_> = found.iter().map(|it| it.id).collect();
    ensure(found == due, || format!("{found:?}, but {due:?} are due"))
}
