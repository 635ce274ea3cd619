//! Opening a real directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::double_slot::DoubleSlot;
use super::generations::Generations;
use super::lock::Lock;
use super::replaced::Replaced;
use super::{Disk, DiskOptions, Owner, file};
use crate::engine::FailStop;
use crate::engine::rocks::{Hold, Memory, Place, Rocks};
use crate::error::OpenError;
use crate::group::Group;
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
        let hold: Hold = Arc::new(Lock::take(path)?);
        // Before anything else, so that a stranger's directory is not touched.
        let owner = Owner::read(Box::new(Replaced::new(path.join("identity"))), options)?;
        let log = open_log(path, options, hold.clone())?;
        let rows = open_rows(path, hold)?;
        Self::assemble(log, rows, owner)
    }
}

fn open_log(path: &Path, options: &DiskOptions, hold: Hold) -> Result<LogStore, OpenError> {
    let group = Group::FIRST;
    make_dir("the log", &path.join("log"))?;
    let log = Rocks::open_log(Place::kept(path.join("log"), hold));
    let log = log.map_err(|source| OpenError::engine("the log", source))?;
    let mark = DoubleSlot::new(path.join(format!("log-end.{group}")));
    let engine = Arc::new(FailStop::new(log));
    LogStore::open(engine, Box::new(mark), group, options.planted)
}

fn open_rows(path: &Path, hold: Hold) -> Result<RowStore, OpenError> {
    let path = path.join("rows");
    make_dir("the rows", &path)?;
    let horizon = Arc::new(AtomicU64::new(0));
    let path = path.join(Group::FIRST.to_string());
    let home = Generations::open(path, Memory::new(), horizon.clone(), hold)?;
    Ok(RowStore::new(home.engine(), Box::new(home), horizon))
}

fn make_dir(what: &'static str, path: &Path) -> Result<(), OpenError> {
    file::make_dir(path).map_err(|source| OpenError::Io { what, source })
}
