//! How far what a node takes for log time may be ahead of how the log's entries are stamped.

use std::collections::BTreeMap;

use ackord_core::time::{Millis, Timestamp};

use super::Evidence;
use crate::history::Fault;

/// What a node takes for log time may be off by so much, and by what clocks of the world drift apart:
/// a node that does not hear the others lets its own go on for as long as that lasts.
const SLACK: Millis = Millis(3_000);
/// Broken clocks drift apart by this part of the time since the world began.
const DRIFT: u64 = 5;

/// See the module.
#[derive(Default)]
pub(super) struct Ahead {
    /// When the first entry was stamped.
    begun: Timestamp,
    /// How far the median of the clocks was moved by whoever set them. A process that begins in the middle
    /// of a term takes the median of then for log time; whoever leads has gone on from that of the term's
    /// beginning.
    set: Millis,
}

impl Ahead {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let first = evidence.story.scenes.first();
        Self {
            begun: first.map_or(Timestamp(0), |it| it.at),
            set: moved(evidence.history.faults()),
        }
    }

    /// The latest that a node may take for log time when an entry is stamped so.
    pub(super) fn at_most(&self, at: Timestamp) -> Timestamp {
        let drifted = Millis(at.since(self.begun).0 / DRIFT);
        at.after(SLACK).after(drifted).after(self.set)
    }
}

/// Clocks that nobody has set are right. One that is ahead alone moves no median; one that is behind holds
/// it back while too many others are away.
fn moved<'a>(faults: impl Iterator<Item = &'a Fault>) -> Millis {
    let (mut set, mut least, mut most) = (BTreeMap::new(), 0, 0);
    for fault in faults {
        match fault {
            Fault::Clock { server, ahead_ms } => {
                set.insert(*server, *ahead_ms);
            }
            // All were set right before.
            Fault::Heal => set.clear(),
            _ => continue,
        }
        let mut ahead: Vec<i64> = set.values().copied().collect();
        ahead.sort_unstable();
        if let [first, ..] = ahead[..] {
            least = first.min(least);
        }
        if let [.., second, _] = ahead[..] {
            most = second.max(most);
        }
    }
    Millis(i64::abs_diff(most, least))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(server: usize, ahead_ms: i64) -> Fault {
        Fault::Clock { server, ahead_ms }
    }

    #[test]
    fn one_clock_that_is_ahead_moves_nothing_and_one_behind_holds_back() {
        assert_eq!(moved([clock(1, 60_000)].iter()), Millis(0));
        let again = [clock(1, 60_000), clock(1, -6_000)];
        assert_eq!(moved(again.iter()), Millis(6_000));
        let right = [clock(1, 60_000), clock(2, 0)];
        assert_eq!(moved(right.iter()), Millis(0));
    }

    #[test]
    fn two_that_are_ahead_move_it_as_far_as_the_lesser_is_off() {
        let ahead = [clock(1, 9_000), clock(2, 8_000)];
        assert_eq!(moved(ahead.iter()), Millis(8_000));
        let both = [
            clock(1, 9_000),
            clock(2, 8_000),
            Fault::Heal,
            clock(1, -5_000),
            clock(3, -7_000),
        ];
        assert_eq!(moved(both.iter()), Millis(15_000));
    }
}
