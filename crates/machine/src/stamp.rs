//! Log time, as the leader stamps it. Time is an argument here; [`crate::Clock`] reads it.
//!
//! Within a term log time advances with the monotonic clock, so that no setting of the wall clock
//! fires timers early or holds them up. At the beginning of a term it may jump forward, to the
//! wall clock; from then on it is slewed toward the wall clock, a little at a time, and never
//! goes back.

use std::time::Duration;

use ackord_core::time::Timestamp;

/// Log time runs at most by this part faster or slower than the monotonic clock: an hour of
/// difference is gone after eight days, and a lease of five minutes is off by 1.5 s at the most.
const SLEW: u32 = 200;

/// What the clocks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The monotonic clock, from any origin.
    pub monotonic: Duration,
    /// The wall clock, since the Unix epoch.
    pub wall: Duration,
}

/// Stamps the entries of one term.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamper {
    /// Log time when the monotonic clock was last read, since the Unix epoch.
    log: Duration,
    monotonic: Duration,
}

impl Stamper {
    /// Begins a term after log time `last`.
    pub(crate) fn begin(last: Timestamp, now: Reading) -> Self {
        Self {
            log: since_epoch(last).max(now.wall),
            monotonic: now.monotonic,
        }
    }

    /// Log time now. Not before what it said earlier, nor before `applied`, the latest stamp
    /// that was applied.
    pub(crate) fn stamp(&mut self, applied: Timestamp, now: Reading) -> Timestamp {
        let elapsed = now.monotonic.saturating_sub(self.monotonic);
        let straight = self.log + elapsed;
        let most = elapsed / SLEW;
        let slewed = if straight < now.wall {
            straight + (now.wall - straight).min(most)
        } else {
            straight - (straight - now.wall).min(most)
        };
        self.log = slewed.max(since_epoch(applied));
        self.monotonic = self.monotonic.max(now.monotonic);
        to_timestamp(self.log)
    }
}

fn since_epoch(at: Timestamp) -> Duration {
    Duration::from_millis(at.0)
}

fn to_timestamp(since_epoch: Duration) -> Timestamp {
    Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_800_000_000_000;

    fn reading(monotonic_ms: u64, wall_ms: u64) -> Reading {
        Reading {
            monotonic: Duration::from_millis(monotonic_ms),
            wall: Duration::from_millis(wall_ms),
        }
    }

    #[test]
    fn a_term_begins_at_the_wall_clock() {
        let mut stamper = Stamper::begin(Timestamp(START), reading(7, START + 5_000));
        assert_eq!(
            stamper.stamp(Timestamp(0), reading(7, START + 5_000)),
            Timestamp(START + 5_000)
        );
    }

    #[test]
    fn a_term_never_begins_before_the_last_one_ended() {
        let mut stamper = Stamper::begin(Timestamp(START), reading(7, START - 60_000));
        assert_eq!(
            stamper.stamp(Timestamp(0), reading(7, START - 60_000)),
            Timestamp(START)
        );
    }

    #[test]
    fn a_jump_of_the_wall_clock_is_not_a_jump_of_log_time() {
        let mut stamper = Stamper::begin(Timestamp(0), reading(0, START));
        let hour = 3_600_000;
        let ahead = stamper.stamp(Timestamp(0), reading(1_000, START + hour));
        assert_eq!(ahead, Timestamp(START + 1_005));
        let mut stamper = Stamper::begin(Timestamp(0), reading(0, START));
        let behind = stamper.stamp(Timestamp(0), reading(1_000, START - hour));
        assert_eq!(behind, Timestamp(START + 995));
    }

    #[test]
    fn log_time_settles_on_the_wall_clock() {
        let mut stamper = Stamper::begin(Timestamp(START + 1_000), reading(0, START));
        let mut at = Timestamp(0);
        for second in 1..=300 {
            at = stamper.stamp(
                Timestamp(0),
                reading(second * 1_000, START + second * 1_000),
            );
        }
        assert_eq!(at, Timestamp(START + 300_000));
    }

    #[test]
    fn clocks_that_go_back_do_not_take_log_time_back() {
        let mut stamper = Stamper::begin(Timestamp(0), reading(5_000, START));
        let first = stamper.stamp(Timestamp(0), reading(6_000, START + 1_000));
        let second = stamper.stamp(Timestamp(0), reading(5_500, START - 1_000));
        assert_eq!(first, second);
        assert_eq!(
            stamper.stamp(Timestamp(0), reading(7_000, START + 2_000)),
            Timestamp(START + 2_000)
        );
    }

    #[test]
    fn what_was_applied_is_never_behind() {
        let mut stamper = Stamper::begin(Timestamp(0), reading(0, START));
        let applied = Timestamp(START + 9_000);
        assert_eq!(stamper.stamp(applied, reading(10, START + 10)), applied);
    }
}
