//! How many requests a node takes from a source: a bucket of permits that fills with time. Only
//! verified requests take one, so that strangers do not use up a provider's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ackord_core::id::SourceId;
use ackord_proto::v1::SourceRate;
use tokio::time::Instant;

/// Buckets that are remembered; beyond, full ones are forgotten, which changes nothing.
const BUCKETS_MAX: usize = 4096;

/// A source's rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    /// Between two permits.
    every: Duration,
    /// Permits of a full bucket.
    burst: u32,
}

/// The buckets of all sources.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<BTreeMap<SourceId, Bucket>>);

/// When the bucket would be full again.
#[derive(Debug, Clone, Copy)]
struct Bucket(Instant);

impl Rate {
    /// As it is defined; none: no bound.
    pub(crate) fn of(rate: Option<&SourceRate>) -> Option<Self> {
        let per_minute = rate?.per_minute.max(1);
        let burst = match rate?.burst {
            0 => (per_minute / 60).max(1),
            stated => stated,
        };
        Some(Self {
            every: Duration::from_secs(60) / per_minute,
            burst,
        })
    }
}

impl Rates {
    /// Takes a permit, if there is one.
    pub(crate) fn take(&self, source: SourceId, rate: Rate, now: Instant) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > BUCKETS_MAX {
            buckets.retain(|_, it| it.0 > now);
        }
        let bucket = buckets.entry(source).or_insert(Bucket(now));
        let full = bucket.0.max(now) + rate.every;
        let is_there = full <= now + rate.every * rate.burst;
        if is_there {
            bucket.0 = full;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_one_at_a_time() {
        let stated = SourceRate {
            per_minute: 60,
            burst: 3,
        };
        let rate = Rate::of(Some(&stated)).expect("a bound");
        let rates = Rates::default();
        let begin = Instant::now();
        let take = |after_ms: u64| {
            let at = begin + Duration::from_millis(after_ms);
            rates.take(SourceId(1), rate, at)
        };
        assert_eq!(
            [take(0), take(0), take(0), take(0)],
            [true, true, true, false]
        );
        assert_eq!([take(999), take(1000), take(1000)], [false, true, false]);
        assert!(rates.take(SourceId(2), rate, begin));
    }

    #[test]
    fn a_rate_without_a_burst_has_a_second_of_it() {
        let stated = |per_minute| SourceRate {
            per_minute,
            burst: 0,
        };
        assert_eq!(Rate::of(Some(&stated(600))).map(|it| it.burst), Some(10));
        assert_eq!(Rate::of(Some(&stated(5))).map(|it| it.burst), Some(1));
        assert_eq!(Rate::of(None), None);
    }
}
