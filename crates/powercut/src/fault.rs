//! Calls that are made to fail.

use fuser::Errno;

/// The kind of call that a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailWhat {
    /// Writes of file data. Nothing of the write takes place.
    Write,
    /// `fsync` and `fdatasync`, of files and directories. What a file had pending stays readable
    /// and will not reach the disk by a later sync either: Linux marks such pages clean.
    Fsync,
}

#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

#[derive(Debug)]
struct Fault {
    what: FailWhat,
    path_part: String,
    calls_left: u64,
    errno: Errno,
}

impl Faults {
    pub(crate) fn add(&mut self, what: FailWhat, path_part: &str, after: u64, errno: Errno) {
        self.0.push(Fault {
            what,
            path_part: path_part.to_owned(),
            calls_left: after,
            errno,
        });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts a call; the error if it is the one to fail. A fault strikes once.
    pub(crate) fn strike(
        &mut self,
        what: FailWhat,
        path: impl FnOnce() -> String,
    ) -> Result<(), Errno> {
        if self.0.is_empty() {
            return Ok(());
        }
        let path = path();
        let mut struck = None;
        self.0.retain_mut(|fault| {
            let meant = fault.what == what && path.contains(&fault.path_part);
            if meant && fault.calls_left == 0 && struck.is_none() {
                struck = Some(fault.errno);
                return false;
            }
            fault.calls_left = fault.calls_left.saturating_sub(u64::from(meant));
            true
        });
        struck.map_or(Ok(()), Err)
    }
}
