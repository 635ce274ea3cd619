//! Log time, as the leader stamps it. Time is an argument here; [`crate::Clock`] reads it.
//!
//! Within a term log time advances with the monotonic clock, so that no setting of a wall clock
//! fires timers early or holds them up. Once in a term it may jump forward, to the
//! [median](crate::cluster_clock) of a quorum's wall clocks: as soon as that is known, which mostly
//! is when the term begins. Until then it goes on from the last stamp of the term before: that is
//! too slow by the time without a leader, where the own clock alone could be wrong by anything, and
//! what was stamped is never taken back. After the jump log time is slewed toward the median, a
//! little at a time.

use std::time::Duration;

use ackord_core::planted::{Bug, is_planted};
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
    /// Whether the jump of this term has been made, or was not needed.
    jumped: bool,
}

impl Stamper {
    /// Begins a term after log time `last`.
    pub(crate) fn begin(last: Timestamp, monotonic: Duration) -> Self {
        let last = if is_planted(Bug::StampFromZero) {
            Timestamp(0)
        } else {
            last
        };
        Self {
            log: since_epoch(last),
            monotonic,
            jumped: false,
        }
    }

    /// Log time now, where the wall clocks say `median` if that is known. Not before what it said
    /// earlier, nor before `applied`, the latest stamp that was applied.
    pub(crate) fn stamp(
        &mut self,
        applied: Timestamp,
        monotonic: Duration,
        median: Option<Duration>,
    ) -> Timestamp {
        let elapsed = monotonic.saturating_sub(self.monotonic);
        let straight = self.log + elapsed;
        let moved = match median {
            None => straight,
            Some(median) if !self.jumped => {
                self.jumped = true;
                straight.max(median)
            }
            Some(median) => slew(straight, median, elapsed / SLEW),
        };
        self.log = moved;
        if !is_planted(Bug::StampFromZero) {
            self.log = moved.max(since_epoch(applied));
        }
        self.monotonic = self.monotonic.max(monotonic);
        to_timestamp(self.log)
    }
}

/// `from`, moved toward `to` by at most `most`.
fn slew(from: Duration, to: Duration, most: Duration) -> Duration {
    if from < to {
        from + (to - from).min(most)
    } else {
        from - (from - to).min(most)
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
    const HOUR: u64 = 3_600_000;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// A term that began at `START` by all clocks, with the monotonic clock at zero.
    fn begun() -> Stamper {
        let mut stamper = Stamper::begin(Timestamp(0), ms(0));
        let first = stamper.stamp(Timestamp(0), ms(0), Some(ms(START)));
        assert_eq!(first, Timestamp(START));
        stamper
    }

    #[test]
    fn a_term_begins_at_the_median() {
        let mut stamper = Stamper::begin(Timestamp(START), ms(7));
        let first = stamper.stamp(Timestamp(0), ms(7), Some(ms(START + 5_000)));
        assert_eq!(first, Timestamp(START + 5_000));
    }

    #[test]
    fn a_term_never_begins_before_the_last_one_ended() {
        let mut stamper = Stamper::begin(Timestamp(START), ms(7));
        let first = stamper.stamp(Timestamp(0), ms(7), Some(ms(START - 60_000)));
        assert_eq!(first, Timestamp(START));
    }

    #[test]
    fn without_a_median_log_time_goes_on_and_jumps_once_it_is_known() {
        let mut stamper = Stamper::begin(Timestamp(START), ms(7));
        let mut at = |monotonic, median: Option<u64>| {
            stamper.stamp(Timestamp(0), ms(monotonic), median.map(ms))
        };
        assert_eq!(at(7, None), Timestamp(START));
        assert_eq!(at(1_007, None), Timestamp(START + 1_000));
        let known = START + HOUR;
        assert_eq!(at(2_007, Some(known)), Timestamp(known));
        // Not a second time.
        let later = known + HOUR;
        assert_eq!(at(3_007, Some(later)), Timestamp(known + 1_005));
    }

    #[test]
    fn a_term_that_loses_the_median_goes_straight_on() {
        let mut stamper = begun();
        let at = stamper.stamp(Timestamp(0), ms(1_000), None);
        assert_eq!(at, Timestamp(START + 1_000));
    }

    #[test]
    fn a_jump_of_the_median_is_not_a_jump_of_log_time() {
        let ahead = begun().stamp(Timestamp(0), ms(1_000), Some(ms(START + HOUR)));
        assert_eq!(ahead, Timestamp(START + 1_005));
        let behind = begun().stamp(Timestamp(0), ms(1_000), Some(ms(START - HOUR)));
        assert_eq!(behind, Timestamp(START + 995));
    }

    #[test]
    fn log_time_settles_on_the_median() {
        let mut stamper = Stamper::begin(Timestamp(START + 1_000), ms(0));
        let mut at = Timestamp(0);
        for second in 0..=300 {
            let now = second * 1_000;
            at = stamper.stamp(Timestamp(0), ms(now), Some(ms(START + now)));
        }
        assert_eq!(at, Timestamp(START + 300_000));
    }

    #[test]
    fn clocks_that_go_back_do_not_take_log_time_back() {
        let mut stamper = begun();
        let first = stamper.stamp(Timestamp(0), ms(1_000), Some(ms(START + 1_000)));
        let second = stamper.stamp(Timestamp(0), ms(500), Some(ms(START - 1_000)));
        assert_eq!(first, second);
        let third = stamper.stamp(Timestamp(0), ms(2_000), Some(ms(START + 2_000)));
        assert_eq!(third, Timestamp(START + 2_000));
    }

    #[test]
    fn what_was_applied_is_never_behind() {
        let applied = Timestamp(START + 9_000);
        let at = begun().stamp(applied, ms(10), Some(ms(START + 10)));
        assert_eq!(at, applied);
    }
}
