//! The sum of many runs.

use std::collections::BTreeMap;
use std::fmt;

use super::report::{Report, Work};
use crate::judge::PROPERTIES;
use crate::marks::MARKS;

/// From so many seeds on, what was never met is a failure.
const LONG: u64 = 200;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) seeds: u64,
    seconds: u64,
    work: Work,
    marks: BTreeMap<String, usize>,
    checks: BTreeMap<String, usize>,
}

impl Tally {
    pub(super) fn add(&mut self, report: &Report) {
        self.seeds += 1;
        self.seconds += report.seconds;
        self.work.add(report.work);
        for (sum, of) in [
            (&mut self.marks, &report.marks),
            (&mut self.checks, &report.checks),
        ] {
            for (name, count) in of {
                *sum.entry(name.clone()).or_default() += count;
            }
        }
    }

    /// What a long campaign should have met, and did not.
    pub(super) fn never_met(&self) -> Vec<String> {
        if self.seeds < LONG {
            return Vec::new();
        }
        let met = |of: &BTreeMap<String, usize>, name: &str| of.get(name).is_some_and(|it| *it > 0);
        let marks = MARKS
            .iter()
            .map(|it| it.name)
            .filter(|it| !met(&self.marks, it));
        let properties = PROPERTIES
            .iter()
            .map(|it| it.name)
            .filter(|it| !met(&self.checks, it));
        let marks = marks.map(|it| format!("mark \"{it}\" was never met"));
        let properties = properties.map(|it| format!("property {it} looked at nothing"));
        marks.chain(properties).collect()
    }

    pub(super) fn hours(&self) -> f64 {
        self.seconds as f64 / 3600.0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Work {
            operations,
            events,
            deliveries,
            entries,
            faults,
        } = self.work;
        writeln!(
            f,
            "{:.1} simulated hours: {operations} operations, {events} events,",
            self.hours()
        )?;
        writeln!(
            f,
            "{deliveries} deliveries, {entries} log entries, {faults} faults"
        )?;
        writeln!(f, "\nmarks:")?;
        for mark in MARKS {
            let count = self.marks.get(mark.name).copied().unwrap_or_default();
            writeln!(f, "  {count:>9}  {}", mark.name)?;
        }
        writeln!(f, "\nchecks:")?;
        for property in PROPERTIES {
            let count = self.checks.get(property.name).copied().unwrap_or_default();
            writeln!(f, "  {count:>9}  {}", property.name)?;
        }
        Ok(())
    }
}
