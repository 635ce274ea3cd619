//! How long things took: a histogram, and the figures that people ask of it.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Longest time that is told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(600);
/// Digits that are kept of each.
const DIGITS: u8 = 3;

/// Times, in microseconds.
#[derive(Debug, Clone)]
pub(super) struct Latencies(Histogram<u64>);

/// What is told of them, in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct LatencyView {
    pub(super) p50_us: u64,
    pub(super) p90_us: u64,
    pub(super) p99_us: u64,
    pub(super) p999_us: u64,
    pub(super) max_us: u64,
}

impl Latencies {
    pub(super) fn new() -> Self {
        let histogram = Histogram::new_with_max(micros(LONGEST), DIGITS);
        Self(histogram.expect("the bounds are within what the library takes"))
    }

    pub(super) fn record(&mut self, took: Duration) {
        self.0.saturating_record(micros(took));
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    pub(super) fn view(&self) -> LatencyView {
        let at = |quantile| self.0.value_at_quantile(quantile);
        LatencyView {
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: self.0.max(),
        }
    }
}

impl LatencyView {
    /// In one line, for people.
    pub(super) fn line(&self) -> String {
        let Self {
            p50_us,
            p90_us,
            p99_us,
            p999_us,
            max_us,
        } = *self;
        format!(
            "p50 {}  p90 {}  p99 {}  p99.9 {}  max {}",
            short(p50_us),
            short(p90_us),
            short(p99_us),
            short(p999_us),
            short(max_us)
        )
    }
}

/// Microseconds in the nearest unit.
fn short(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10),
        _ => format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000),
    }
}

fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_come_from_all_that_was_added() {
        let mut all = Latencies::new();
        let mut slow = Latencies::new();
        (0..99).for_each(|_| all.record(Duration::from_micros(100)));
        slow.record(Duration::from_millis(5));
        all.add(&slow);
        let view = all.view();
        assert_eq!((all.count(), view.p50_us, view.p99_us), (100, 100, 100));
        assert!((5000..=5010).contains(&view.max_us), "{view:?}");
    }

    #[test]
    fn times_are_told_in_the_nearest_unit() {
        assert_eq!(short(999), "999 µs");
        assert_eq!(short(1_234), "1.23 ms");
        assert_eq!(short(2_500_000), "2.50 s");
    }
}
