//! Which event of a queue goes next. A pure choice; [`crate::dispatch`] carries it out.

use crate::limits::STREAK_MAX;
use crate::model::{Class, Mode};
use crate::planted::{Bug, is_planted};
use crate::runs::Which;
use crate::state::{Entry, QueueCell};
use crate::time::Timestamp;

/// An event that may be leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pick {
    pub(crate) class: Class,
    pub(crate) entry: Entry,
    /// The run that it stands in.
    pub(crate) which: Which,
    /// Leases in a row from a higher class, once this one is leased.
    pub(crate) streak: u32,
    /// Not before this instant, for the queue's rate.
    pub(crate) not_before: Timestamp,
}

/// Chooses. The windows of all classes must be loaded.
pub(crate) fn pick(cell: &QueueCell) -> Option<Pick> {
    if cell.row.mode == Mode::Paused && !is_planted(Bug::PauseIgnored) {
        return None;
    }
    if let Some((entry, which)) = cell.front(Class::Interrupt) {
        return Some(Pick {
            class: Class::Interrupt,
            entry,
            which,
            streak: cell.row.streak,
            not_before: Timestamp::default(),
        });
    }
    if cell.row.settings.strict && !is_planted(Bug::StrictIgnored) {
        strict(cell)
    } else {
        by_class(cell)
    }
}

/// One event at a time: what blocks the queue, or its head if nothing is out.
fn strict(cell: &QueueCell) -> Option<Pick> {
    match cell.row.strict_hold {
        Some(hold) if hold.ready => {
            let entry = (hold.position, hold.event);
            let stands = (entry, Which::Returned);
            Some(chosen(cell, hold.class, stands, cell.row.streak))
        }
        Some(_) => None,
        None if cell.derived.held > 0 => None,
        None => by_class(cell),
    }
}

/// Priority before normal; but after [`STREAK_MAX`] in a row, one normal.
fn by_class(cell: &QueueCell) -> Option<Pick> {
    let event = |class, stands, streak| Some(chosen(cell, class, stands, streak));
    match (cell.front(Class::Priority), cell.front(Class::Normal)) {
        (None, None) => None,
        (Some(high), None) => event(Class::Priority, high, 0),
        (None, Some(low)) => event(Class::Normal, low, 0),
        (Some(_), Some(low)) if is_aged(cell) => event(Class::Normal, low, 0),
        (Some(high), Some(_)) => event(Class::Priority, high, cell.row.streak + 1),
    }
}

/// A lower class has waited for long enough.
fn is_aged(cell: &QueueCell) -> bool {
    let aged = cell.row.streak >= STREAK_MAX && !is_planted(Bug::AgingIgnored);
    aged || is_planted(Bug::ClassesTurned)
}

fn chosen(cell: &QueueCell, class: Class, (entry, which): (Entry, Which), streak: u32) -> Pick {
    let rate = cell.row.settings.leases_per_minute;
    let bounded = rate.is_some() && !is_planted(Bug::RateIgnored);
    let not_before = if bounded {
        cell.row.rate_next
    } else {
        Timestamp::default()
    };
    Pick {
        class,
        entry,
        which,
        streak,
        not_before,
    }
}
