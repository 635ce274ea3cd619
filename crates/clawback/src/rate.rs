//! How many frames one connection may send.

use tokio::time::Instant;

use crate::limits::{FRAMES_BURST, FRAMES_PER_SECOND};

/// A bucket that fills by itself.
#[derive(Debug)]
pub(crate) struct Rate {
    left: f64,
    since: Instant,
}

impl Rate {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            left: f64::from(FRAMES_BURST),
            since: now,
        }
    }

    /// Whether one more is within the bounds.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let grown = now.duration_since(self.since).as_secs_f64() * f64::from(FRAMES_PER_SECOND);
        self.since = now;
        self.left = (self.left + grown).min(f64::from(FRAMES_BURST));
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_taken_and_a_flood_is_not() {
        let now = Instant::now();
        let mut rate = Rate::new(now);
        assert!((0..FRAMES_BURST).all(|_| rate.take(now)));
        assert!(!rate.take(now));
        let later = now + Duration::from_secs(1);
        assert!((0..FRAMES_PER_SECOND).all(|_| rate.take(later)));
        assert!(!rate.take(later));
    }
}
