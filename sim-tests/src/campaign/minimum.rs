//! The minimum of a run: below it, a run that found nothing has proved nothing. Stated by the plan
//! before anything runs.

use std::collections::BTreeMap;
use std::fmt;

use super::report::Work;
use crate::plan::Plan;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Minimum {
    /// Things broken or mended.
    faults: usize,
    /// Entries of the log.
    entries: usize,
    /// Events accepted.
    events: usize,
    /// Deliveries seen.
    deliveries: usize,
    /// Properties that looked at something.
    properties: usize,
}

/// Entries that a cluster makes before anybody works.
const SET_UP: usize = 5;
/// Of all properties, so many concern every run, whatever it makes use of.
const PROPERTIES: usize = 18;

impl Minimum {
    /// That of a plan. A submit is one entry at the least, and one event unless it repeats a key;
    /// in a storm that breaks things, one is broken in each longest pause and repair.
    pub(super) fn of(plan: &Plan) -> Self {
        let breaks = !plan.faults.is_empty();
        let storms = plan.storm.as_secs() / (plan.fault_pause.as_secs() + 15);
        let storms = usize::try_from(storms).unwrap_or_default();
        Self {
            faults: if breaks { 1 + storms } else { 1 },
            entries: SET_UP + plan.queues.len() + 3,
            events: 1,
            deliveries: 1,
            properties: PROPERTIES,
        }
    }

    /// What a run lacks, in words.
    pub(super) fn lacks(&self, work: &Work, checks: &BTreeMap<String, usize>) -> Vec<String> {
        let looked = checks.values().filter(|it| **it > 0).count();
        let pairs = [
            ("faults", self.faults, work.faults),
            ("log entries", self.entries, work.entries),
            ("events", self.events, work.events),
            ("deliveries", self.deliveries, work.deliveries),
            (
                "properties that looked at something",
                self.properties,
                looked,
            ),
        ];
        let lacking = pairs.into_iter().filter(|(_, least, found)| found < least);
        lacking
            .map(|(what, least, found)| format!("{found} {what}, at least {least} were to be"))
            .collect()
    }
}

impl fmt::Display for Minimum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            faults,
            entries,
            events,
            deliveries,
            properties,
        } = self;
        write!(
            f,
            "minimum   {faults} faults, {entries} log entries, {events} events, {deliveries} \
             deliveries, {properties} properties"
        )
    }
}
