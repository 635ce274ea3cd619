//! Clocks. The one place of this crate that asks what time it is.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::stamp::Reading;

/// Reads the clocks of a node. Each node of a process may have its own: a simulation gives it one
/// that drifts and that it can set, through [`crate::Options::clock`].
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// What they say now. The monotonic one never goes back.
    fn read(&self) -> Reading;
}

/// The clocks of the operating system, or the simulated ones.
#[derive(Debug)]
pub struct SystemClock {
    origin: Instant,
    ahead_s: i64,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::ahead(0)
    }
}

impl SystemClock {
    /// The same, with a wall clock that is so many seconds ahead; less than zero: behind.
    #[must_use]
    pub fn ahead(seconds: i64) -> Self {
        Self {
            origin: Instant::now(),
            ahead_s: seconds,
        }
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock before 1970 is a clock that was never set.
        let wall = wall.unwrap_or(Duration::ZERO);
        let ahead = Duration::from_secs(self.ahead_s.unsigned_abs());
        Reading {
            monotonic: self.origin.elapsed(),
            wall: if self.ahead_s < 0 {
                wall.saturating_sub(ahead)
            } else {
                wall + ahead
            },
        }
    }
}
