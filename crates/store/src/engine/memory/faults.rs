//! Faults: what a test has ordered to go wrong.

use std::io;

/// Where a disk can be ordered to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// A write to the log.
    LogWrite,
    /// A sync of the log.
    LogSync,
    /// A read of the log.
    LogRead,
    /// A write of rows.
    RowsWrite,
    /// A flush of the rows.
    RowsFlush,
    /// A read of rows.
    RowsRead,
    /// A small file: who the node is, or how far its log is durable.
    Cell,
    /// A chunk of a snapshot on its way in.
    SnapshotWrite,
    /// A snapshot has come whole and is to be durable.
    SnapshotSync,
    /// The rows of a snapshot are put in place.
    SnapshotSwitch,
}

impl Site {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::LogWrite,
        Self::LogSync,
        Self::LogRead,
        Self::RowsWrite,
        Self::RowsFlush,
        Self::RowsRead,
        Self::Cell,
        Self::SnapshotWrite,
        Self::SnapshotSync,
        Self::SnapshotSwitch,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogWrite => "log_write",
            Self::LogSync => "log_sync",
            Self::LogRead => "log_read",
            Self::RowsWrite => "rows_write",
            Self::RowsFlush => "rows_flush",
            Self::RowsRead => "rows_read",
            Self::Cell => "cell",
            Self::SnapshotWrite => "snapshot_write",
            Self::SnapshotSync => "snapshot_sync",
            Self::SnapshotSwitch => "snapshot_switch",
        }
    }

    const fn writes(self) -> bool {
        !matches!(
            self,
            Self::LogSync | Self::LogRead | Self::RowsRead | Self::SnapshotSync
        )
    }

    const fn syncs(self) -> bool {
        matches!(
            self,
            Self::LogSync
                | Self::RowsFlush
                | Self::Cell
                | Self::SnapshotSync
                | Self::SnapshotSwitch
        )
    }
}

/// The orders of a test. Default: all is well.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    /// Syncs left until one fails; none: they all work.
    pub(super) syncs_left: Option<u64>,
    /// Writes left until one fails; none: they all work.
    pub(super) writes_left: Option<u64>,
    /// Where something fails, and how often it works before that.
    pub(super) site_left: Option<(Site, u64)>,
    /// No byte more fits on the disk.
    pub(super) full: bool,
    /// What has failed so far.
    pub(super) failed: u64,
}

impl Faults {
    /// Whether what is done at this place works.
    pub(super) fn check(&mut self, site: Site) -> io::Result<()> {
        let found = self.judge(site);
        // A snapshot that does not fit is thrown away, and comes again: no failure.
        let thrown_away = site == Site::SnapshotWrite
            && found
                .as_ref()
                .is_err_and(|it| it.kind() == io::ErrorKind::StorageFull);
        self.failed += u64::from(found.is_err() && !thrown_away);
        found
    }

    fn judge(&mut self, site: Site) -> io::Result<()> {
        if site.writes() {
            self.check_space()?;
        }
        // A flush is counted among the syncs alone.
        if site.writes() && site != Site::RowsFlush {
            countdown(&mut self.writes_left, "write")?;
        }
        if site.syncs() {
            countdown(&mut self.syncs_left, "sync")?;
        }
        let mut left = self.site_left.filter(|it| it.0 == site).map(|it| it.1);
        if left.is_none() {
            return Ok(());
        }
        let found = countdown(&mut left, site.name());
        self.site_left = left.map(|it| (site, it));
        found
    }

    fn check_space(&self) -> io::Result<()> {
        if self.full {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "disk full"));
        }
        Ok(())
    }
}

/// Fails once, when the count is at its end, and works again after that, as a disk might.
fn countdown(left: &mut Option<u64>, what: &str) -> io::Result<()> {
    match left {
        None => Ok(()),
        Some(0) => {
            *left = None;
            Err(io::Error::other(format!("injected: {what} failed")))
        }
        Some(more) => {
            *more -= 1;
            Ok(())
        }
    }
}
