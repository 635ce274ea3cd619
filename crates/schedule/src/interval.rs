//! `@every 90s`: steps of one length from an instant on. Zones and their clocks do not matter.

use ackord_core::time::{Millis, Timestamp};

use crate::error::ScheduleError;
use crate::walk::Passed;

/// Longest interval.
const SPAN_MAX: Millis = Millis::from_days(366);

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    /// In milliseconds; at least 1,000.
    span: u64,
    anchor: u64,
}

impl Interval {
    pub(crate) fn parse(text: &str, anchor: Timestamp) -> Result<Self, ScheduleError> {
        let span = span(text.trim()).ok_or(ScheduleError::Interval(
            "give a length of time as in 90s, 10m, 1h30m or 7d",
        ))?;
        if span < Millis::from_secs(1) || span > SPAN_MAX {
            return Err(ScheduleError::Interval("1 second to 366 days"));
        }
        Ok(Self {
            span: span.0,
            anchor: anchor.0,
        })
    }

    pub(crate) fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let Some(since) = at.0.checked_sub(self.anchor) else {
            return Some(Timestamp(self.anchor));
        };
        let steps = (since / self.span).checked_add(1)?;
        let next = steps.checked_mul(self.span)?.checked_add(self.anchor)?;
        Some(Timestamp(next))
    }

    /// What lies in `after < it <= until`, without a look at each.
    pub(crate) fn passed(&self, after: Timestamp, until: Timestamp) -> Passed {
        let first = self.next_after(after).filter(|it| *it <= until);
        let Some(first) = first else {
            return Passed::default();
        };
        let more = (until.0 - first.0) / self.span;
        let last = first.0 + more * self.span;
        Passed {
            count: more + 1,
            last: Some(Timestamp(last)),
            before_last: (more > 0).then(|| Timestamp(last - self.span)),
        }
    }
}

/// `1h30m` and the like: numbers, each with its unit, greatest first or not.
fn span(text: &str) -> Option<Millis> {
    let mut rest = text;
    let mut sum = 0u64;
    loop {
        let digits = rest.find(|it: char| !it.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|it: char| !it.is_ascii_alphabetic());
        let (unit, tail) = tail.split_at(letters.unwrap_or(tail.len()));
        let unit = match unit {
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        let part = number.parse::<u64>().ok()?.checked_mul(unit)?;
        sum = sum.checked_add(part)?;
        if tail.is_empty() {
            return Some(Millis(sum));
        }
        rest = tail;
    }
}
