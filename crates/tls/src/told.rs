//! Not saying the same too often.

use std::time::{Duration, Instant};

/// Between two words about the same.
const EVERY: Duration = Duration::from_secs(10);

/// What strangers can cause as often as they like is told now and then.
#[derive(Debug, Default)]
pub(crate) struct Told {
    last: Option<Instant>,
    kept: u64,
}

impl Told {
    /// If it is time to tell again: how many times it was kept to itself since.
    pub(crate) fn again(&mut self) -> Option<u64> {
        if self.last.is_some_and(|it| it.elapsed() < EVERY) {
            self.kept += 1;
            return None;
        }
        self.last = Some(Instant::now());
        Some(std::mem::take(&mut self.kept))
    }
}
