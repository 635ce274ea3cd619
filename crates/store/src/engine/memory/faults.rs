//! Faults: what a test has ordered to go wrong.

use std::io;

/// The orders of a test. Default: all is well.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    /// Syncs left until one fails; none: they all work.
    pub(super) syncs_left: Option<u64>,
    /// Writes left until one fails; none: they all work.
    pub(super) writes_left: Option<u64>,
    /// No byte more fits on the disk.
    pub(super) full: bool,
}

impl Faults {
    pub(super) fn check_write(&mut self) -> io::Result<()> {
        self.check_space()?;
        countdown(&mut self.writes_left, "write")
    }

    pub(super) fn check_sync(&mut self) -> io::Result<()> {
        countdown(&mut self.syncs_left, "sync")
    }

    pub(super) fn check_space(&self) -> io::Result<()> {
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
