//! The clocks of one server: they drift, and somebody may set them.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ackord_machine::{Clock, Reading};

use super::recorder::now;
use crate::draw::Draw;

/// How much faster or slower than the world's a clock goes, in millionths: a bad one.
const DRIFT_MAX: i64 = 5_000;
/// The same of a broken one.
const BROKEN_MAX: i64 = 100_000;
/// Farthest that somebody sets a clock, in milliseconds.
const SET_MAX: i64 = 3_600_000;

/// See the module.
#[derive(Debug)]
pub(super) struct SimClock {
    drift: i64,
    /// Somebody sees to it that the wall clock goes right, however this clock goes.
    kept: AtomicBool,
    /// What the wall clock shows besides, in milliseconds.
    offset: AtomicI64,
}

impl SimClock {
    /// A clock that shows the right time, and drifts.
    pub(super) fn draw(draw: &mut Draw) -> Self {
        let drift_max = draw.weighted(&[(DRIFT_MAX, 3), (BROKEN_MAX, 1)]);
        Self {
            drift: between(draw, drift_max),
            kept: AtomicBool::new(false),
            offset: AtomicI64::new(0),
        }
    }

    /// Somebody sets the wall clock. Returns how wrong it is from now on, in milliseconds.
    pub(super) fn set(&self, draw: &mut Draw) -> i64 {
        let reach = *draw.pick(&[50, 2_000, 30_000, SET_MAX]);
        let offset = between(draw, reach);
        self.offset.store(offset, Ordering::Relaxed);
        offset
    }

    /// Somebody sets it so far off, in milliseconds, or right.
    pub(super) fn show(&self, ahead_ms: i64) {
        self.offset.store(ahead_ms, Ordering::Relaxed);
    }

    /// From now on the wall clock is right.
    pub(super) fn keep(&self) {
        self.show(0);
        self.kept.store(true, Ordering::Relaxed);
    }

    fn drifted(&self, elapsed: Duration) -> Duration {
        let nanos = i64::try_from(elapsed.as_nanos()).expect("a run is short");
        let drifted = nanos + nanos / 1_000_000 * self.drift;
        Duration::from_nanos(drifted.unsigned_abs())
    }
}

impl Clock for SimClock {
    fn read(&self) -> Reading {
        let monotonic = self.drifted(now());
        let world = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("worlds are younger");
        let begun = world - now();
        let offset = self.offset.load(Ordering::Relaxed);
        let span = Duration::from_millis(offset.unsigned_abs());
        let straight = match self.kept.load(Ordering::Relaxed) {
            true => world,
            false => begun + monotonic,
        };
        let wall = if offset < 0 {
            straight - span
        } else {
            straight + span
        };
        Reading { monotonic, wall }
    }
}

fn between(draw: &mut Draw, reach: i64) -> i64 {
    let width = u64::try_from(2 * reach).expect("not negative");
    i64::try_from(draw.within(0..=width)).expect("less than the width") - reach
}
