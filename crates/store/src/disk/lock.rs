//! The lock: one process to a data directory. The kernel drops it with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::OpenError;

/// Holds the directory.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(dir: &Path) -> Result<Self, OpenError> {
        let what = "the lock file";
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).write(true);
        let file = options
            .open(dir.join("LOCK"))
            .map_err(|source| OpenError::Io { what, source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
                path: dir.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(OpenError::Io { what, source }),
        }
    }
}
