//! The clock of the cluster: what the wall clocks of a quorum say together. Readings and samples
//! are arguments here; [`crate::exchange`] brings them.
//!
//! A sample is what another member's wall clock showed, held against this node's *monotonic* clock:
//! so whoever sets this node's wall clock moves no sample. Of the clocks that are known the median
//! counts, which a minority of wrong ones does not move. Of an even number it is the lower one of
//! the two in the middle: log time can be held back later on, but never taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Clock;
use crate::stamp::Reading;

/// A node whose wall clock is further off than this does not lead.
pub(crate) const OFF_MAX: Duration = Duration::from_secs(10);
/// How long a sample is good for: by then monotonic clocks have drifted apart by milliseconds, but
/// who has been silent for so long may have been set right, or replaced.
const SAMPLE_AGE_MAX: Duration = Duration::from_secs(30);
/// An answer that took longer says too little about when it was given.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug)]
pub(crate) struct ClusterClock {
    own: u64,
    voters: BTreeSet<u64>,
    samples: BTreeMap<u64, Sample>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    /// The wall clock less this node's monotonic clock, in milliseconds.
    ahead: i64,
    /// When, by this node's monotonic clock.
    taken: Duration,
}

impl ClusterClock {
    /// The clock as node `own` knows it, which knows of nobody yet.
    pub(crate) const fn new(own: u64) -> Self {
        Self {
            own,
            voters: BTreeSet::new(),
            samples: BTreeMap::new(),
        }
    }

    /// Whose clocks count.
    pub(crate) fn set_voters(&mut self, voters: BTreeSet<u64>) {
        self.samples.retain(|node, _| voters.contains(node));
        self.voters = voters;
    }

    /// `node` said that its wall clock shows `wall_ms`, some time between two readings of this
    /// node's clocks: most likely halfway.
    pub(crate) fn sample(&mut self, node: u64, asked: Reading, answered: Reading, wall_ms: u64) {
        let round_trip = answered.monotonic.saturating_sub(asked.monotonic);
        if round_trip > ROUND_TRIP_MAX || !self.voters.contains(&node) {
            return;
        }
        let said_at = asked.monotonic + round_trip / 2;
        let wall = i64::try_from(wall_ms).unwrap_or(i64::MAX);
        let sample = Sample {
            ahead: wall.saturating_sub(millis(said_at)),
            taken: answered.monotonic,
        };
        self.samples.insert(node, sample);
    }

    /// What the wall clocks of a quorum say now, since the Unix epoch; none while too few are
    /// known.
    pub(crate) fn median(&self, now: Reading) -> Option<Duration> {
        let median = self.median_ms(now)?;
        Some(Duration::from_millis(u64::try_from(median).unwrap_or(0)))
    }

    /// How many milliseconds this node's wall clock is ahead of the median; less than zero: behind.
    pub(crate) fn offset(&self, now: Reading) -> Option<i64> {
        self.offset_of(self.own, now)
    }

    /// The same of another node.
    pub(crate) fn offset_of(&self, node: u64, now: Reading) -> Option<i64> {
        let median = self.median_ms(now)?;
        Some(self.wall(node, now)?.saturating_sub(median))
    }

    fn median_ms(&self, now: Reading) -> Option<i64> {
        let voters = self.voters.iter();
        let mut walls: Vec<i64> = voters.filter_map(|it| self.wall(*it, now)).collect();
        if walls.len() <= self.voters.len() / 2 {
            return None;
        }
        walls.sort_unstable();
        Some(walls[(walls.len() - 1) / 2])
    }

    /// What a node's wall clock shows now, in milliseconds.
    fn wall(&self, node: u64, now: Reading) -> Option<i64> {
        if node == self.own {
            return Some(millis(now.wall));
        }
        let sample = self.samples.get(&node)?;
        let age = now.monotonic.saturating_sub(sample.taken);
        (age <= SAMPLE_AGE_MAX).then(|| sample.ahead.saturating_add(millis(now.monotonic)))
    }
}

/// Whether an offset is one with which a node does not lead.
pub(crate) fn is_off(offset_ms: i64) -> bool {
    Duration::from_millis(offset_ms.unsigned_abs()) > OFF_MAX
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// This node's clocks, and the cluster's as far as it is known. Cheap to clone; all clones are the
/// same one.
#[derive(Debug, Clone)]
pub(crate) struct Clocks {
    own: Arc<dyn Clock>,
    cluster: Arc<Mutex<ClusterClock>>,
}

impl Clocks {
    pub(crate) fn new(own: Arc<dyn Clock>, node: u64) -> Self {
        Self {
            own,
            cluster: Arc::new(Mutex::new(ClusterClock::new(node))),
        }
    }

    /// What this node's clocks say.
    pub(crate) fn read(&self) -> Reading {
        self.own.read()
    }

    pub(crate) fn cluster(&self) -> MutexGuard<'_, ClusterClock> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

    /// Node 1 of so many, whose own clock shows `START` and who was answered so, at once.
    fn clock(voters: u64, answers: &[(u64, i64)]) -> ClusterClock {
        let mut clock = ClusterClock::new(1);
        clock.set_voters((1..=voters).collect());
        let now = reading(0, START);
        for (node, ahead_ms) in answers {
            let wall = START.checked_add_signed(*ahead_ms).expect("an instant");
            clock.sample(*node, now, now, wall);
        }
        clock
    }

    fn median(clock: &ClusterClock) -> Option<i64> {
        let start = i64::try_from(START).expect("an instant");
        let median = clock.median(reading(0, START))?;
        Some(millis(median) - start)
    }

    #[test]
    fn a_node_alone_goes_by_its_own_clock() {
        let clock = clock(1, &[]);
        assert_eq!(median(&clock), Some(0));
        assert_eq!(clock.offset(reading(5, START)), Some(0));
    }

    #[test]
    fn a_minority_of_wrong_clocks_moves_nothing() {
        assert_eq!(median(&clock(3, &[(2, 3), (3, 60_000)])), Some(3));
        assert_eq!(median(&clock(3, &[(2, -60_000), (3, 3)])), Some(0));
        let two_wrong = [(2, 60_000), (3, 70_000), (4, 1), (5, 2)];
        assert_eq!(median(&clock(5, &two_wrong)), Some(2));
    }

    #[test]
    fn fewer_than_a_quorum_say_nothing() {
        assert_eq!(median(&clock(3, &[])), None);
        assert_eq!(median(&clock(5, &[(2, 0)])), None);
        assert_eq!(clock(3, &[]).offset(reading(0, START)), None);
    }

    #[test]
    fn of_two_clocks_the_earlier_one_counts() {
        assert_eq!(median(&clock(3, &[(2, 60_000)])), Some(0));
        assert_eq!(median(&clock(3, &[(2, -60_000)])), Some(-60_000));
    }

    #[test]
    fn the_answer_was_given_halfway() {
        let mut clock = clock(2, &[]);
        clock.sample(
            2,
            reading(100, START),
            reading(300, START + 200),
            START + 90,
        );
        // Halfway this node's clock stood at START + 100.
        assert_eq!(clock.offset_of(2, reading(300, START + 200)), Some(0));
        assert_eq!(clock.offset(reading(300, START + 200)), Some(10));
    }

    #[test]
    fn an_answer_that_took_long_is_none() {
        let mut clock = clock(2, &[]);
        clock.sample(2, reading(0, START), reading(2_001, START + 2_001), START);
        assert_eq!(clock.median(reading(2_001, START)), None);
    }

    #[test]
    fn samples_go_on_with_the_monotonic_clock_and_grow_old() {
        let clock = clock(3, &[(2, 5), (3, 7)]);
        let later = |ms: u64| clock.median(reading(ms, START + ms));
        assert_eq!(later(30_000), Some(Duration::from_millis(START + 30_005)));
        assert_eq!(later(30_001), None);
    }

    #[test]
    fn setting_the_own_clock_moves_only_the_own_clock() {
        let clock = clock(3, &[(2, 0), (3, 4)]);
        let set = reading(1_000, START + 61_000);
        assert_eq!(
            clock.median(set),
            Some(Duration::from_millis(START + 1_004))
        );
        assert_eq!(clock.offset(set), Some(59_996));
        assert!(is_off(59_996) && is_off(-10_001) && !is_off(10_000));
    }

    #[test]
    fn who_votes_no_more_counts_no_more() {
        let mut clock = clock(3, &[(2, 5), (3, 7)]);
        clock.set_voters([1, 2].into());
        clock.set_voters([1, 2, 3].into());
        assert_eq!(clock.offset_of(3, reading(0, START)), None);
        let stranger = reading(0, START);
        clock.sample(9, stranger, stranger, START + 9);
        assert_eq!(clock.offset_of(9, stranger), None);
    }
}
