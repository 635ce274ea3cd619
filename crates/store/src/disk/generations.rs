//! The rows of a group in a real directory: one generation in use, named by a pointer file.
//!
//! ```text
//! current       the number of the generation in use
//! 3/            that generation, a RocksDB directory
//! 4/            one that is on its way in
//! frozen-1/     a checkpoint that is being sent
//! ```
//!
//! What the pointer does not name is left over from a crash, and removed at the start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::file;
use super::replaced::Replaced;
use crate::cell::{Cell, CellError};
use crate::engine::rocks::{Hold, Memory, Place, Rocks};
use crate::engine::{Engine, FailStop, Family, Read};
use crate::error::OpenError;
use crate::group::Group;
use crate::key;
use crate::rows::home::{Candidate, Frozen, Home, Stage};
use crate::rows::snapshot::SnapshotFile;

const WHAT: &str = "the rows";

/// The directory of a group's rows.
#[derive(Clone)]
pub(super) struct Generations {
    shared: Arc<Shared>,
}

struct Shared {
    dir: PathBuf,
    pointer: Replaced,
    memory: Memory,
    horizon: Arc<AtomicU64>,
    hold: Hold,
    used: Mutex<Arc<FailStop<Rocks>>>,
    /// The last number given to a generation or a checkpoint.
    number: AtomicU64,
}

impl Generations {
    /// Opens the generation in use, or makes the first one.
    pub(super) fn open(
        dir: PathBuf,
        memory: Memory,
        horizon: Arc<AtomicU64>,
        hold: Hold,
    ) -> Result<Self, OpenError> {
        let error = |source| OpenError::engine(WHAT, source);
        file::make_dir(&dir).map_err(error)?;
        let pointer = Replaced::new(dir.join("current"));
        let used = read_pointer(&pointer)?;
        check(&dir, used)?;
        let used = match used {
            Some(used) => used,
            None => {
                pointer.save(&1u64.to_le_bytes()).map_err(error)?;
                1
            }
        };
        remove_strangers(&dir, used).map_err(error)?;
        let place = Place::kept(dir.join(used.to_string()), hold.clone());
        file::make_dir(place.path()).map_err(error)?;
        let rocks = Rocks::open_rows(place, &memory, &horizon).map_err(error)?;
        let shared = Shared {
            dir,
            pointer,
            memory,
            horizon,
            hold,
            used: Mutex::new(Arc::new(FailStop::new(rocks))),
            number: AtomicU64::new(used),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The number of the generation in use in `dir`; none: there is none yet.
    pub(super) fn used(dir: &Path) -> Result<Option<u64>, OpenError> {
        read_pointer(&Replaced::new(dir.join("current")))
    }

    /// The engine in use.
    pub(super) fn engine(&self) -> Arc<FailStop<Rocks>> {
        let used = self.shared.used.lock();
        used.expect("nothing panics while it switches").clone()
    }

    fn next_number(&self) -> u64 {
        self.shared.number.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Home for Generations {
    fn freeze(&self) -> io::Result<Arc<dyn Frozen>> {
        let name = format!("frozen-{}", self.next_number());
        let place = Place::doomed(self.shared.dir.join(name), self.shared.hold.clone());
        self.engine().inner().checkpoint(place.path())?;
        let files = list(place.path())?;
        let applied = Rocks::peek(place.path(), Family::State, key::APPLIED)?;
        Ok(Arc::new(FrozenDir {
            place,
            files,
            applied,
        }))
    }

    fn stage(&self) -> io::Result<Box<dyn Stage>> {
        let number = self.next_number();
        let path = self.shared.dir.join(number.to_string());
        file::make_dir(&path)?;
        Ok(Box::new(StageDir {
            home: self.clone(),
            number,
            place: Place::doomed(path, self.shared.hold.clone()),
        }))
    }
}

struct FrozenDir {
    place: Place,
    files: Vec<SnapshotFile>,
    applied: Option<Bytes>,
}

impl Frozen for FrozenDir {
    fn applied(&self) -> Option<&Bytes> {
        self.applied.as_ref()
    }

    fn files(&self) -> &[SnapshotFile] {
        &self.files
    }

    fn read(&self, file: &SnapshotFile, offset: u64, bytes_max: usize) -> io::Result<Bytes> {
        let left = file.bytes.saturating_sub(offset);
        let len = usize::try_from(left).map_or(bytes_max, |it| it.min(bytes_max));
        let mut bytes = vec![0; len];
        let from = File::open(self.place.path().join(&file.name))?;
        from.read_exact_at(&mut bytes, offset)?;
        Ok(bytes.into())
    }
}

struct StageDir {
    home: Generations,
    number: u64,
    place: Place,
}

impl Stage for StageDir {
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.place.path().join(name);
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        for file in list(self.place.path())? {
            File::open(self.place.path().join(file.name))?.sync_all()?;
        }
        file::sync_dir(self.place.path())
    }

    fn open(self: Box<Self>) -> io::Result<Box<dyn Candidate>> {
        let shared = &self.home.shared;
        let rocks = Rocks::open_rows(self.place, &shared.memory, &shared.horizon)?;
        Ok(Box::new(CandidateDir {
            home: self.home,
            number: self.number,
            rocks,
        }))
    }
}

struct CandidateDir {
    home: Generations,
    number: u64,
    rocks: Rocks,
}

impl Candidate for CandidateDir {
    fn rows(&self) -> &dyn Read {
        &self.rocks
    }

    fn switch(self: Box<Self>) -> io::Result<Arc<dyn Engine>> {
        let shared = &self.home.shared;
        let mut used = shared
            .used
            .lock()
            .expect("nothing panics while it switches");
        // From here on it may be the one that a start finds, whatever the answer.
        self.rocks.place().set_doomed(false);
        shared.pointer.save(&self.number.to_le_bytes())?;
        let new = Arc::new(FailStop::new(self.rocks));
        let old = std::mem::replace(&mut *used, new.clone());
        drop(used);
        old.inner().place().set_doomed(true);
        Ok(new)
    }
}

fn read_pointer(pointer: &Replaced) -> Result<Option<u64>, OpenError> {
    let damaged = || {
        let source = io::Error::new(io::ErrorKind::InvalidData, "the pointer file is damaged");
        OpenError::engine(WHAT, source)
    };
    match pointer.load() {
        Ok(None) => Ok(None),
        Ok(Some(bytes)) => {
            let bytes = bytes.try_into().map_err(|_| damaged())?;
            Ok(Some(u64::from_le_bytes(bytes)))
        }
        Err(CellError::Damaged) => Err(damaged()),
        Err(CellError::Io(source)) => Err(OpenError::engine(WHAT, source)),
    }
}

/// Refuses a directory with rows, but none that are in use: one that was not copied whole. The first
/// generation is made after the file that says so, and each later one before.
fn check(dir: &Path, used: Option<u64>) -> Result<(), OpenError> {
    let place = used.map(|it| dir.join(it.to_string()));
    if place.as_ref().is_some_and(|it| it.is_dir()) {
        return Ok(());
    }
    let entries = fs::read_dir(dir).and_then(|it| it.collect::<io::Result<Vec<_>>>());
    let entries = entries.map_err(|source| OpenError::engine(WHAT, source))?;
    match entries.iter().any(|it| it.path().is_dir()) {
        true => Err(OpenError::RowsLost {
            group: Group::FIRST,
            missing: place.unwrap_or_else(|| dir.join("current")),
        }),
        false => Ok(()),
    }
}

fn remove_strangers(dir: &Path, used: u64) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let is_used = entry.file_name() == *used.to_string();
        if entry.file_type()?.is_dir() && !is_used {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn list(dir: &Path) -> io::Result<Vec<SnapshotFile>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().into_string();
        files.push(SnapshotFile {
            name: name.map_err(|_| io::Error::other("a file name that is no text"))?,
            bytes: entry.metadata()?.len(),
        });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
