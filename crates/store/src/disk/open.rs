//! Opening a real directory.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::double_slot::DoubleSlot;
use super::lock::Lock;
use super::replaced::Replaced;
use super::{Disk, DiskOptions, Owner, file};
use crate::engine::FailStop;
use crate::engine::rocks::{Memory, Rocks};
use crate::error::OpenError;
use crate::group::Group;
use crate::identity;
use crate::log::LogStore;
use crate::rows::RowStore;

impl Disk {
    /// Opens the data directory at `path`, or makes one there; its parent must exist.
    ///
    /// Blocks until the log is verified and all that it holds is durable.
    ///
    /// # Errors
    /// The directory is somebody else's or in use, or lost what it had promised to keep; see
    /// [`OpenError::advice`].
    pub fn open(path: &Path, options: &DiskOptions) -> Result<Self, OpenError> {
        make_dir("the data directory", path)?;
        let lock = Lock::take(path)?;
        // Before anything else, so that a stranger's directory is not touched.
        let cell = Replaced::new(path.join("identity"));
        let owner = Owner {
            identity: identity::load(&cell)?,
            cell: Box::new(cell),
            _lock: Some(lock),
        };
        owner.check(options)?;
        let log = open_log(path, options)?;
        let rows = open_rows(path)?;
        Self::assemble(log, rows, owner)
    }
}

fn open_log(path: &Path, options: &DiskOptions) -> Result<LogStore, OpenError> {
    let group = Group::FIRST;
    let log = Rocks::open_log(&path.join("log"));
    let log = log.map_err(|source| OpenError::engine("the log", source))?;
    let mark = DoubleSlot::new(path.join(format!("log-end.{group}")));
    let engine = Arc::new(FailStop::new(log));
    LogStore::open(engine, Box::new(mark), group, options.planted)
}

fn open_rows(path: &Path) -> Result<RowStore, OpenError> {
    let path = path.join("rows");
    make_dir("the rows", &path)?;
    let horizon = Arc::new(AtomicU64::new(0));
    let rows = Rocks::open_rows(
        &path.join(Group::FIRST.to_string()),
        &Memory::new(),
        &horizon,
    );
    let rows = rows.map_err(|source| OpenError::engine("the rows", source))?;
    Ok(RowStore::new(Arc::new(FailStop::new(rows)), horizon))
}

fn make_dir(what: &'static str, path: &Path) -> Result<(), OpenError> {
    let made: io::Result<()> = file::make_dir(path);
    made.map_err(|source| OpenError::Io { what, source })
}
