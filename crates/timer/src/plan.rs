//! What is proposed of a cron's tick: what follows it, and what an outage left over.

use ackord_core::command::{DecideTick, Missed};
use ackord_core::limits::{TICK_LATE, TICK_MAX};
use ackord_core::model::{CatchUp, Cron};
use ackord_core::time::{Millis, Timestamp};
use ackord_schedule::{Passed, Schedule, ScheduleError};

/// The decision to propose at `now`; none: nothing of the cron is due.
///
/// Ticks that are not to be caught up on go with the first of them, up to a bound: an outage over
/// thousands of ticks is a few decisions. A look at each costs one of `steps`; with none left, the
/// rest is for later decisions.
///
/// # Errors
/// This program cannot read the schedule, though the one that took it could.
pub fn plan(
    cron: &Cron,
    now: Timestamp,
    steps: &mut u64,
) -> Result<Option<DecideTick>, ScheduleError> {
    let Some(nominal) = cron.next.filter(|it| *it <= now) else {
        return Ok(None);
    };
    let terms = &cron.terms;
    let schedule = Schedule::parse(terms.schedule.as_str(), terms.zone.as_str(), cron.anchor)?;
    let outage = Outage {
        schedule: &schedule,
        ends: terms.ends,
        now,
    };
    let (over, next) = outage.follows(nominal, terms.catch_up, steps);
    Ok(Some(DecideTick {
        cron: cron.id,
        revision: cron.revision,
        nominal,
        over,
        next,
    }))
}

struct Outage<'a> {
    schedule: &'a Schedule,
    ends: Option<Timestamp>,
    now: Timestamp,
}

impl Outage<'_> {
    fn follows(
        &self,
        nominal: Timestamp,
        catch_up: CatchUp,
        steps: &mut u64,
    ) -> (Option<Missed>, Option<Timestamp>) {
        let kept = match catch_up {
            CatchUp::Skip | CatchUp::One => TICK_LATE,
            CatchUp::All { max_age } => max_age.max(TICK_LATE),
        };
        // What is older is not wanted for its age.
        let Some(oldest) = self.now.0.checked_sub(kept.0).map(Timestamp) else {
            return (None, self.next(nominal));
        };
        if nominal >= oldest {
            return (None, self.next(nominal));
        }
        let passed = self.passed(nominal, oldest, steps);
        let last = passed.last.unwrap_or(nominal);
        let next = self.next(last);
        let fires = catch_up == CatchUp::One && next.is_none_or(|it| it > self.now);
        match (fires, passed.last) {
            // The last one that was missed is this one, or the next to decide.
            (true, None) => (None, next),
            (true, Some(last)) => (missed(passed.count - 1, passed.before_last), Some(last)),
            (false, _) => (missed(passed.count, passed.last), next),
        }
    }

    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let next = self.schedule.next_after(after);
        let next = next.filter(|it| *it <= TICK_MAX);
        next.filter(|it| self.ends.is_none_or(|end| *it < end))
    }

    /// The ticks after this one that are older than that, as far as the cron goes.
    fn passed(&self, nominal: Timestamp, oldest: Timestamp, steps: &mut u64) -> Passed {
        let end = self.ends.map_or(oldest, |it| it.min(oldest));
        let until = Timestamp(end.0.saturating_sub(Millis(1).0));
        self.schedule.passed(nominal, until, steps)
    }
}

fn missed(ticks: u64, last: Option<Timestamp>) -> Option<Missed> {
    let last = last.filter(|_| ticks > 0)?;
    Some(Missed { ticks, last })
}
