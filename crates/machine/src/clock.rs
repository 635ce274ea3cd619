//! Clocks. The one place of this crate that asks what time it is.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::stamp::Reading;

/// Reads the clocks of a node. Each node of a process may have its own: a simulation gives it one
/// that drifts and that it can set, through [`crate::Options::clock`].
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// What they say now. The monotonic one never goes back.
    fn read(&self) -> Reading;
}

/// The clocks of the operating system, or the simulated ones. The monotonic one goes on while the machine
/// is suspended: log time, which follows it, is not to wake up hours behind.
#[derive(Debug)]
pub struct SystemClock {
    origin: Duration,
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
            origin: monotonic(),
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
            monotonic: monotonic().saturating_sub(self.origin),
            wall: if self.ahead_s < 0 {
                wall.saturating_sub(ahead)
            } else {
                wall + ahead
            },
        }
    }
}

/// What a clock shows that is never set, and stands still for nothing.
#[cfg(not(madsim))]
fn monotonic() -> Duration {
    use nix::time::{ClockId, clock_gettime};
    // Linux's CLOCK_MONOTONIC stands still while the machine sleeps, those of the BSDs and macOS do not.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::CLOCK_BOOTTIME;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::CLOCK_MONOTONIC;
    clock_gettime(CLOCK).expect("every system has it").into()
}

/// The simulated one.
#[cfg(madsim)]
fn monotonic() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on() {
        let clock = SystemClock::default();
        let first = clock.read().monotonic;
        while clock.read().monotonic == first {}
        assert!(clock.read().monotonic > first);
        assert!(first < Duration::from_secs(60), "it begins at zero");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn sleep_of_the_machine_counts() {
        let uptime = std::fs::read_to_string("/proc/uptime").expect("Linux has it");
        let uptime = uptime.split_once('.').expect("seconds and parts").0;
        let uptime: u64 = uptime.parse().expect("a number");
        // That one counts it, too.
        assert!(monotonic().as_secs().abs_diff(uptime) <= 2);
    }
}
