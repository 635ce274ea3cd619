//! The data directory of a node that does not run: read, and not changed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::double_slot;
use super::generations::Generations;
use super::replaced::Replaced;
use crate::cell::CellError;
use crate::engine::rocks::{ReadOnly, disk_bytes};
use crate::error::OpenError;
use crate::group::Group;
use crate::identity::{self, Identity, Members};
use crate::log::survey::LogSurvey;
use crate::rows::RowView;

/// See the module. No node runs on it while this is there.
#[derive(Debug)]
pub struct Stopped {
    dir: PathBuf,
    _lock: File,
}

/// What the log end file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEnd {
    /// One past the last index that was durable, by the newer slot that is sound.
    pub end: u64,
    /// Slots that are sound, of two; one is torn by a crash at the most.
    pub sound_slots: usize,
}

impl Stopped {
    /// Keeps nodes from the directory, and looks whether it is one.
    ///
    /// # Errors
    /// A node runs on it, or none ever did.
    pub fn hold(dir: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io {
            what: "the lock file",
            source,
        };
        let lock = File::open(dir.join("LOCK")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                dir: dir.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
                path: dir.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// Who the node is, and the first members of its cluster; none: it belongs to nobody yet.
    ///
    /// # Errors
    /// The file is damaged, or a newer release wrote it.
    pub fn identity(&self) -> Result<Option<(Identity, Members)>, OpenError> {
        let record = identity::load(&Replaced::new(self.dir.join("identity")))?;
        let bound = record.filter(identity::Record::is_bound);
        Ok(bound.map(|it| (it.identity, it.members)))
    }

    /// What the log end file says; none: there is no such file.
    ///
    /// # Errors
    /// No slot is sound, or the disk fails.
    pub fn log_end(&self) -> Result<Option<LogEnd>, OpenError> {
        let group = Group::FIRST;
        let slots = double_slot::read(&self.dir.join(format!("log-end.{group}")));
        let (payload, sound_slots) = match slots {
            Ok(None) => return Ok(None),
            Ok(Some(it)) => it,
            Err(CellError::Damaged) => return Err(OpenError::LogEndDamaged { group }),
            Err(CellError::Io(source)) => {
                return Err(OpenError::engine("the log end file", source));
            }
        };
        let end = payload.try_into().map(u64::from_le_bytes);
        let end = end.map_err(|_| OpenError::LogEndDamaged { group })?;
        Ok(Some(LogEnd { end, sound_slots }))
    }

    /// Looks at the whole log, and shows `visit` each entry that is sound; none: there is no log.
    ///
    /// # Errors
    /// RocksDB finds damage that it does not read past, or the disk fails.
    pub fn log(&self, visit: &mut dyn FnMut(u64, Bytes)) -> Result<Option<LogSurvey>, OpenError> {
        let path = self.dir.join("log");
        let files = names(&path).map_err(|source| OpenError::engine("the log", source))?;
        if files.is_empty() {
            return Ok(None);
        }
        let survey = ReadOnly::log(&path).and_then(|it| LogSurvey::of(&it, Group::FIRST, visit));
        let survey = survey.map_err(|source| OpenError::engine("the log", source))?;
        Ok(Some(survey))
    }

    /// The rows, as a start would find them; none: there are none.
    ///
    /// # Errors
    /// RocksDB finds damage, or the disk fails.
    pub fn rows(&self) -> Result<Option<RowView>, OpenError> {
        let Some(used) = Generations::used(&self.rows_dir())? else {
            return Ok(None);
        };
        let path = self.rows_dir().join(used.to_string());
        let rows = ReadOnly::rows(&path);
        let rows = rows.map_err(|source| OpenError::engine("the rows", source))?;
        Ok(Some(RowView::new(Arc::new(rows))))
    }

    /// What is left over from a crash, and goes with the next start.
    ///
    /// # Errors
    /// The disk fails, or the file that says which rows are in use is damaged.
    pub fn leftovers(&self) -> Result<Vec<String>, OpenError> {
        let used = Generations::used(&self.rows_dir())?.map(|it| it.to_string());
        let rows = names(&self.rows_dir()).map_err(|it| OpenError::engine("the rows", it))?;
        let is_left = |(name, is_dir): &(String, bool)| *is_dir && Some(name) != used.as_ref();
        let rows = rows.into_iter().filter(is_left);
        let rows = rows.map(|it| format!("rows/{}/{}", Group::FIRST, it.0));
        let files = names(&self.dir).map_err(|it| OpenError::engine("the data directory", it))?;
        let files = files.into_iter().map(|it| it.0);
        Ok(rows
            .chain(files.filter(|it| it.ends_with(".new")))
            .collect())
    }

    /// Bytes of the log's files, and of all files.
    ///
    /// # Errors
    /// The disk fails.
    pub fn disk_bytes(&self) -> io::Result<(u64, u64)> {
        Ok((disk_bytes(&self.dir.join("log"))?, disk_bytes(&self.dir)?))
    }

    fn rows_dir(&self) -> PathBuf {
        self.dir.join("rows").join(Group::FIRST.to_string())
    }
}

/// The names in a directory, and whether they are directories; none if it is not there.
fn names(dir: &Path) -> io::Result<Vec<(String, bool)>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        names.push((name, entry.file_type()?.is_dir()));
    }
    names.sort();
    Ok(names)
}
