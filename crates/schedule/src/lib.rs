//! When a cron is due. Pure: no clock, no IO; the same text, zone and instant give the same answer
//! as long as the time zones' rules are the same, which come with the program.
//!
//! What an expression means, and what it does when clocks change, is [`croner`]'s: see
//! `docs/crons.md`. This crate adds intervals, names the field that is wrong, knows what never
//! fires, and bounds the work that a text can ask for.
//!
//! The machine does not know this crate: two nodes may have other rules for a zone, so whoever
//! proposes computes, and what was computed travels in the command.

mod error;
mod expression;
mod field;
mod interval;
mod walk;
mod within;

use ackord_core::time::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

pub use error::{Field, ScheduleError};
use expression::Expression;
use interval::Interval;
pub use walk::Passed;

/// Longest text of a schedule, in bytes.
pub const TEXT_BYTES_MAX: usize = 256;

/// When something is due.
#[derive(Debug, Clone)]
pub struct Schedule(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Expression(Box<Expression>),
    Interval(Interval),
}

impl Schedule {
    /// Reads a schedule: five fields, a name for some (`@hourly`), or `@every` and a length of time.
    ///
    /// `zone` is an IANA name, whose rules an expression obeys. `anchor` is where the steps of an
    /// interval begin: itself is one of them.
    ///
    /// # Errors
    /// Says which part is wrong and why; or that no day of the calendar fits.
    pub fn parse(text: &str, zone: &str, anchor: Timestamp) -> Result<Self, ScheduleError> {
        let text = text.trim();
        if text.len() > TEXT_BYTES_MAX {
            return Err(ScheduleError::TooLong);
        }
        let zone = time_zone(zone)?;
        let kind = match text.strip_prefix("@every") {
            Some(span) => Kind::Interval(Interval::parse(span, anchor)?),
            None => Kind::Expression(Box::new(Expression::parse(text, zone)?)),
        };
        Ok(Self(kind))
    }

    /// The first instant after `at`; none: there is none in the next 40 years.
    #[must_use]
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Kind::Expression(it) => it.next_after(at),
            Kind::Interval(it) => it.next_after(at),
        }
    }

    /// The first `count` instants after `at`; fewer, if there are fewer.
    pub fn upcoming(&self, at: Timestamp, count: usize) -> Vec<Timestamp> {
        let first = self.next_after(at);
        std::iter::successors(first, |it| self.next_after(*it))
            .take(count)
            .collect()
    }
}

/// The rules of a zone, from what comes with the program, whatever this machine has installed.
fn time_zone(name: &str) -> Result<TimeZone, ScheduleError> {
    let unknown = |_| ScheduleError::Zone(name.chars().take(64).collect());
    TimeZoneDatabase::bundled().get(name).map_err(unknown)
}
