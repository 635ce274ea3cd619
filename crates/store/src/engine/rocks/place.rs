//! The directory of a database, and what happens to it when the database is closed.

use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Something that must stay while a database is open: the lock of the data directory.
pub(crate) type Hold = Arc<dyn Any + Send + Sync>;

/// A directory. A doomed one is removed on drop, which takes long if it is large: nobody may wait
/// for a lock that is held meanwhile.
pub(crate) struct Place {
    path: PathBuf,
    doomed: AtomicBool,
    _hold: Hold,
}

impl Place {
    /// A directory that stays.
    pub(crate) fn kept(path: PathBuf, hold: Hold) -> Self {
        Self {
            path,
            doomed: AtomicBool::new(false),
            _hold: hold,
        }
    }

    /// A directory that goes, unless somebody says otherwise.
    pub(crate) fn doomed(path: PathBuf, hold: Hold) -> Self {
        let place = Self::kept(path, hold);
        place.set_doomed(true);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn set_doomed(&self, doomed: bool) {
        self.doomed.store(doomed, Ordering::Release);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.doomed.load(Ordering::Acquire) {
            // What stays behind is found and removed at the next start.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
