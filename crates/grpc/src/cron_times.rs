//! When a cron fires: computed here, from the rules of time zones that this program has, before
//! anything is proposed.

use ackord_core::limits::TICK_MAX;
use ackord_core::model::{Cron, CronTerms};
use ackord_core::time::{Millis, Timestamp};
use ackord_schedule::{Schedule, ScheduleError};

use crate::refused::Refused;

/// Instants of a schedule within its bounds.
#[derive(Debug)]
pub(crate) struct Times {
    schedule: Schedule,
    starts: Option<Timestamp>,
    ends: Option<Timestamp>,
}

impl Times {
    /// Those of these terms; the steps of an interval begin at `anchor`.
    pub(crate) fn of(terms: &CronTerms, anchor: Timestamp) -> Result<Self, Refused> {
        let (text, zone) = (terms.schedule.as_str(), terms.zone.as_str());
        let schedule = Schedule::parse(text, zone, anchor).map_err(|it| refused(&it))?;
        Ok(Self {
            schedule,
            starts: terms.starts,
            ends: terms.ends,
        })
    }

    /// The first instant after `at`, if there is one before the end.
    pub(crate) fn next(&self, at: Timestamp) -> Option<Timestamp> {
        let before = |it: Timestamp| Timestamp(it.0.saturating_sub(Millis(1).0));
        let at = self.starts.map_or(at, |it| at.max(before(it)));
        let next = self.schedule.next_after(at).filter(|it| *it <= TICK_MAX);
        next.filter(|it| self.ends.is_none_or(|end| *it < end))
    }

    /// The same, refused where there is none.
    pub(crate) fn first(&self, at: Timestamp) -> Result<Timestamp, Refused> {
        let first = self.next(at);
        first.ok_or_else(|| match self.schedule.next_after(at) {
            None => Refused::invalid("schedule", "never fires again"),
            Some(_) => Refused::invalid("ends_at_ms", "comes before the first tick"),
        })
    }

    /// The first few instants after `at`.
    pub(crate) fn upcoming(&self, at: Timestamp, count: usize) -> Vec<Timestamp> {
        let all = std::iter::successors(self.next(at), |it| self.next(*it));
        all.take(count).collect()
    }
}

/// The next instants of a cron, at least the one that is stored: of a schedule that this program cannot
/// read, no more.
pub(crate) fn of_cron(cron: &Cron, count: usize) -> Vec<Timestamp> {
    let Some(next) = cron.next else {
        return Vec::new();
    };
    let mut instants = vec![next];
    if count > 1
        && let Ok(times) = Times::of(&cron.terms, cron.anchor)
    {
        instants.extend(times.upcoming(next, count - 1));
    }
    instants
}

fn refused(error: &ScheduleError) -> Refused {
    let field = match error {
        ScheduleError::Zone(_) => "time_zone",
        ScheduleError::TooLong
        | ScheduleError::Fields(_)
        | ScheduleError::Name
        | ScheduleError::Field { .. }
        | ScheduleError::Interval(_)
        | ScheduleError::NeverFires => "schedule",
    };
    Refused::invalid(field, &format!("is refused: {error}"))
}
