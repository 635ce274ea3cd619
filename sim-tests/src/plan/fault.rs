//! Faults: what breaks, and what the disks are like.

use std::fmt;
use std::time::Duration;

use crate::draw::Draw;

/// What breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A server's process dies.
    Kill,
    /// A server's power fails: what was not synced is gone, or a part of it.
    PowerLoss,
    /// A server is asked to stop, and started again.
    Stop,
    /// A server's process stands still for a while.
    Freeze,
    /// A storage engine flushes its rows by itself.
    Flush,
    /// A server's process dies at a point that is named before.
    Point,
    /// A server's disk fails a write or a sync, or is full; its process ends.
    Disk,
    /// A server's syncs take long for a while.
    SlowDisk,
    /// Somebody sets a server's clock.
    Clock,
    /// A client's connections carry nothing for a while.
    Clog,
    /// A client is heard by a server and does not hear it, for a while: what it asks is done, and
    /// it asks another one.
    Unheard,
    /// A client's process stops for a while.
    Stall,
    /// Messages take longer for a while.
    Latency,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Kill,
        Self::PowerLoss,
        Self::Stop,
        Self::Freeze,
        Self::Flush,
        Self::Point,
        Self::Disk,
        Self::SlowDisk,
        Self::Clock,
        Self::Clog,
        Self::Unheard,
        Self::Stall,
        Self::Latency,
    ];
}

/// What the disks are like, and how a server uses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskPlan {
    /// Longest time of a sync.
    pub sync_max: Duration,
    /// Rows are flushed so often.
    pub flush_every: Duration,
    /// So many entries of the log stay behind the flushed rows.
    pub entries_kept: u64,
}

impl DiskPlan {
    pub(super) fn draw(draw: &mut Draw) -> Self {
        Self {
            sync_max: Duration::from_millis(draw.weighted(&[(1, 2), (8, 3), (40, 3), (200, 2)])),
            flush_every: draw.millis(300..=10_000),
            // Enough for the harness, which copies the log ten times a second.
            entries_kept: *draw.pick(&[60, 200, 100_000]),
        }
    }
}

impl fmt::Display for DiskPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sync_max,
            flush_every,
            entries_kept,
        } = self;
        write!(
            f,
            "syncs up to {sync_max:?}, rows flushed every {flush_every:?}, "
        )?;
        write!(f, "{entries_kept} entries kept")
    }
}
