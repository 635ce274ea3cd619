//! The judge: one property in each file. A property is a pure function over the evidence of a run,
//! so that it can be tried on evidence made by hand; each is seen to fail there.

mod accepted_never_lost;
mod answers_match_log;
mod attempts_are_counted;
mod classes_in_order;
mod every_delivery_has_a_cause;
mod everything_ends;
mod first_leases_in_order;
mod invariants;
mod keyed_order;
mod leases_last;
mod log_never_changes;
mod log_time_monotonic;
mod no_delivery_after_ack;
mod no_phantom;
mod not_before_its_time;
mod one_effective_ack;
mod one_event_per_key;
mod one_in_flight_per_session;
mod positions_follow_time;
mod queues_keep_their_pace;
mod refused_changes_nothing;
mod restore_equals_state;
mod rows_equal_log;
mod stale_fence_refused;
mod strict_one_at_a_time;

mod busy;
mod content;
mod replay;
#[cfg(test)]
mod stage;

use crate::history::History;
use crate::journal::Journal;
use crate::story::Story;
use crate::table::Table;

pub use content::{body_of, content_of};

/// What a run leaves behind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// What the world did and saw.
    pub history: History,
    /// The log.
    pub journal: Journal,
    /// The log, told.
    pub story: Story,
    /// The rows of the node at the end.
    pub rows: Table,
}

/// Something that must hold in every run.
#[derive(Clone, Copy)]
pub struct Property {
    /// Its name, which is that of its file.
    pub name: &'static str,
    /// What it proves, in a sentence.
    pub proves: &'static str,
    /// Judges.
    pub check: fn(&Evidence, &mut Verdict),
}

/// What the judge found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Things looked at. A property that looked at nothing has proved nothing.
    pub checked: usize,
    /// What is wrong, in words.
    pub broken: Vec<String>,
}

impl Verdict {
    /// Looks at one thing.
    pub(crate) fn hold(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.look(if holds { Ok(()) } else { Err(otherwise()) });
    }

    /// Looks at one thing that says itself what is wrong with it.
    pub(crate) fn look(&mut self, found: Result<(), String>) {
        self.checked += 1;
        self.broken.extend(found.err());
    }
}

/// All properties.
pub const PROPERTIES: [Property; 25] = [
    accepted_never_lost::PROPERTY,
    one_event_per_key::PROPERTY,
    no_phantom::PROPERTY,
    one_effective_ack::PROPERTY,
    stale_fence_refused::PROPERTY,
    no_delivery_after_ack::PROPERTY,
    first_leases_in_order::PROPERTY,
    one_in_flight_per_session::PROPERTY,
    every_delivery_has_a_cause::PROPERTY,
    keyed_order::PROPERTY,
    strict_one_at_a_time::PROPERTY,
    classes_in_order::PROPERTY,
    not_before_its_time::PROPERTY,
    queues_keep_their_pace::PROPERTY,
    attempts_are_counted::PROPERTY,
    leases_last::PROPERTY,
    answers_match_log::PROPERTY,
    positions_follow_time::PROPERTY,
    refused_changes_nothing::PROPERTY,
    log_never_changes::PROPERTY,
    log_time_monotonic::PROPERTY,
    rows_equal_log::PROPERTY,
    restore_equals_state::PROPERTY,
    invariants::PROPERTY,
    everything_ends::PROPERTY,
];

impl Property {
    /// Judges the evidence.
    #[must_use]
    pub fn judge(&self, evidence: &Evidence) -> Verdict {
        let mut verdict = Verdict::default();
        (self.check)(evidence, &mut verdict);
        verdict
    }
}
