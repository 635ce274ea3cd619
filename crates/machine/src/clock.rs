//! Clocks. The one place of this crate that asks what time it is.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::stamp::Reading;

/// Reads the clocks of a node.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// What they say now. The monotonic one never goes back.
    fn read(&self) -> Reading;
}

/// The clocks of the operating system, or the simulated ones.
#[derive(Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        Reading {
            monotonic: self.origin.elapsed(),
            // A clock before 1970 is a clock that was never set.
            wall: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or(Duration::ZERO),
        }
    }
}
