//! Snapshots: rows that travel to another node, as files in chunks.
//!
//! The sender freezes its flushed rows. The receiver writes the chunks beside its own rows, each
//! verified; then it reads every row of what it got, and only then may [`RowStore::install`] put
//! them in place by switching one pointer. Never is there one buffer for the whole, and never is
//! there a moment at which a crash leaves a mixture.
//!
//! [`RowStore::install`]: super::RowStore::install

use std::error::Error;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;

use super::home::{Candidate, Frozen, Stage};
use super::value;
use crate::engine::{Family, Order, Read};
use crate::key;

/// A file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Its name, without any directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// What a snapshot consists of. The receiver needs it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The record of the last commit in it.
    pub applied: Bytes,
    /// Its files.
    pub files: Vec<SnapshotFile>,
}

/// A part of a file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Which file, by its place in the manifest.
    pub file: u32,
    /// Where in the file it begins.
    pub offset: u64,
    /// What stands there.
    pub bytes: Bytes,
    /// CRC-32C over file, offset and bytes.
    pub checksum: u32,
}

impl Chunk {
    fn new(file: u32, offset: u64, bytes: Bytes) -> Self {
        let checksum = checksum(file, offset, &bytes);
        Self {
            file,
            offset,
            bytes,
            checksum,
        }
    }
}

fn checksum(file: u32, offset: u64, bytes: &[u8]) -> u32 {
    let place = crc32c::crc32c_append(crc32c::crc32c(&file.to_le_bytes()), &offset.to_le_bytes());
    crc32c::crc32c_append(place, bytes)
}

/// Flushed rows of one moment, to be sent. Cheap to clone; keeps its files until all are dropped.
#[derive(Clone)]
pub struct Snapshot {
    frozen: Arc<dyn Frozen>,
    manifest: Arc<Manifest>,
}

impl Snapshot {
    pub(super) fn new(frozen: Arc<dyn Frozen>) -> io::Result<Self> {
        let manifest = Manifest {
            applied: frozen.applied().ok_or(io::ErrorKind::NotFound)?.clone(),
            files: frozen.files().to_vec(),
        };
        Ok(Self {
            frozen,
            manifest: Arc::new(manifest),
        })
    }

    /// What it consists of.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// All of it, in the order in which a receiver takes it, in chunks of at most `bytes_max`.
    pub fn chunks(
        &self,
        bytes_max: usize,
    ) -> impl Iterator<Item = io::Result<Chunk>> + Send + use<> {
        let snapshot = self.clone();
        let mut at = (0, 0);
        std::iter::from_fn(move || snapshot.next_chunk(&mut at, bytes_max.max(1)).transpose())
    }

    fn next_chunk(&self, at: &mut (u32, u64), bytes_max: usize) -> io::Result<Option<Chunk>> {
        let (file, offset) = *at;
        let Some((file, offset)) = self.manifest.skip_done(file, offset) else {
            return Ok(None);
        };
        let from = &self.manifest.files[file as usize];
        let bytes = self.frozen.read(from, offset, bytes_max)?;
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        *at = (file, offset + bytes.len() as u64);
        Ok(Some(Chunk::new(file, offset, bytes)))
    }
}

impl Manifest {
    /// The first place at or after this one where bytes are left; none at the end of all.
    fn skip_done(&self, mut file: u32, mut offset: u64) -> Option<(u32, u64)> {
        while offset >= self.files.get(file as usize)?.bytes {
            file += 1;
            offset = 0;
        }
        Some((file, offset))
    }
}

/// Why a snapshot was not received. The rows in use are untouched, and another try may succeed.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// A file name that could lead elsewhere.
    #[error("the snapshot names a file {0:?}")]
    Name(String),
    /// A chunk that does not go on where the last one ended.
    #[error("a snapshot chunk is not the next one")]
    OutOfOrder,
    /// A chunk changed on its way.
    #[error("a snapshot chunk fails its checksum")]
    Damaged,
    /// Chunks are missing.
    #[error("the snapshot is not complete")]
    Incomplete,
    /// The files do not hold what they should.
    #[error("the snapshot does not hold its rows: {0}")]
    Rows(String),
    /// This node's disk fails, to write what came or to read it again.
    #[error("write the snapshot")]
    Io(#[from] io::Error),
}

/// A snapshot on its way in. Nothing of it stays if it is dropped.
pub struct Incoming {
    manifest: Manifest,
    stage: Box<dyn Stage>,
    at: (u32, u64),
}

impl Incoming {
    pub(super) fn new(manifest: Manifest, mut stage: Box<dyn Stage>) -> Result<Self, ReceiveError> {
        for file in &manifest.files {
            if !is_plain(&file.name) {
                return Err(ReceiveError::Name(file.name.clone()));
            }
            stage.append(&file.name, &[])?;
        }
        Ok(Self {
            manifest,
            stage,
            at: (0, 0),
        })
    }

    /// Takes the next chunk.
    ///
    /// # Errors
    /// The chunk is not the next one, or is damaged; the snapshot is lost if the disk fails.
    pub fn write(&mut self, chunk: &Chunk) -> Result<(), ReceiveError> {
        if checksum(chunk.file, chunk.offset, &chunk.bytes) != chunk.checksum {
            return Err(ReceiveError::Damaged);
        }
        let next = self.manifest.skip_done(self.at.0, self.at.1);
        if next != Some((chunk.file, chunk.offset)) {
            return Err(ReceiveError::OutOfOrder);
        }
        let file = &self.manifest.files[chunk.file as usize];
        let end = chunk.offset + chunk.bytes.len() as u64;
        if end > file.bytes {
            return Err(ReceiveError::OutOfOrder);
        }
        self.stage.append(&file.name, &chunk.bytes)?;
        self.at = (chunk.file, end);
        Ok(())
    }

    /// Makes what came durable and reads every row of it.
    ///
    /// # Errors
    /// It is not complete or not sound, or the disk fails; nothing of it stays.
    pub fn finish(mut self) -> Result<Received, ReceiveError> {
        if self.manifest.skip_done(self.at.0, self.at.1).is_some() {
            return Err(ReceiveError::Incomplete);
        }
        self.stage.sync()?;
        let candidate = self.stage.open().map_err(unsound)?;
        let applied = verify(candidate.rows()).map_err(unsound)?;
        if applied.as_ref() != Some(&self.manifest.applied) {
            return Err(ReceiveError::Rows("other rows than announced".to_owned()));
        }
        Ok(Received(candidate))
    }
}

/// A snapshot that came whole and sound. Nothing of it stays if it is dropped.
pub struct Received(pub(super) Box<dyn Candidate>);

/// Reads every row, and answers the record of the last commit.
fn verify(rows: &dyn Read) -> io::Result<Option<Bytes>> {
    for family in Family::ROWS {
        let mut visit = |key: &[u8], value: &[u8]| {
            if key != key::APPLIED {
                let key = key::decode(key).map_err(garbled)?;
                value::decode(&key, value).map_err(garbled)?;
            }
            Ok(ControlFlow::Continue(()))
        };
        rows.scan(*family, &[]..&[u8::MAX], Order::Forward, &mut visit)?;
    }
    rows.get(Family::State, key::APPLIED)
}

fn garbled(error: impl Into<Box<dyn Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Whose fault it is. What is damaged or missing, or not for this release, counts as having come
/// so, and may come right another time. Whatever else fails is this node's own disk, which the
/// rows in use are on too.
fn unsound(error: io::Error) -> ReceiveError {
    match error.kind() {
        io::ErrorKind::InvalidData
        | io::ErrorKind::NotFound
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::Unsupported => ReceiveError::Rows(error.to_string()),
        _ => ReceiveError::Io(error),
    }
}

/// No file of a store has a longer name, and no disk takes one of any length.
const NAME_BYTES_MAX: usize = 64;

fn is_plain(name: &str) -> bool {
    let allowed = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
    let is_named = (1..=NAME_BYTES_MAX).contains(&name.len());
    is_named && !name.starts_with('.') && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::engine::{Engine, Visit};

    /// A snapshot without files that came whole, and what becomes of it then.
    #[derive(Clone, Copy)]
    enum Came {
        /// It does not open.
        Closed(io::ErrorKind),
        /// It cannot be read.
        Unreadable(io::ErrorKind),
        /// It holds what is no row.
        Garbled,
    }

    impl Stage for Came {
        fn append(&mut self, _: &str, _: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn open(self: Box<Self>) -> io::Result<Box<dyn Candidate>> {
            match *self {
                Self::Closed(kind) => Err(kind.into()),
                Self::Unreadable(_) | Self::Garbled => Ok(self),
            }
        }
    }

    impl Candidate for Came {
        fn rows(&self) -> &dyn Read {
            self
        }

        fn switch(self: Box<Self>) -> io::Result<Arc<dyn Engine>> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    impl Read for Came {
        fn get(&self, _: Family, _: &[u8]) -> io::Result<Option<Bytes>> {
            Ok(None)
        }

        fn scan(
            &self,
            _: Family,
            _: Range<&[u8]>,
            _: Order,
            visit: &mut Visit<'_>,
        ) -> io::Result<()> {
            match self {
                Self::Closed(kind) | Self::Unreadable(kind) => Err((*kind).into()),
                Self::Garbled => visit(b"no key", b"no row").map(|_| ()),
            }
        }
    }

    fn refusal(came: Came) -> ReceiveError {
        let manifest = Manifest {
            applied: Bytes::new(),
            files: Vec::new(),
        };
        let incoming = Incoming::new(manifest, Box::new(came)).expect("nothing is written");
        incoming.finish().map(drop).expect_err("refused")
    }

    #[test]
    fn what_is_wrong_with_a_snapshot_is_not_blamed_on_the_disk() {
        for kind in [
            io::ErrorKind::InvalidData,
            io::ErrorKind::NotFound,
            io::ErrorKind::InvalidInput,
            io::ErrorKind::Unsupported,
        ] {
            for came in [Came::Closed(kind), Came::Unreadable(kind)] {
                let error = refusal(came);
                assert!(matches!(error, ReceiveError::Rows(_)), "{error:?}");
            }
        }
        let error = refusal(Came::Garbled);
        assert!(matches!(error, ReceiveError::Rows(_)), "{error:?}");
    }

    #[test]
    fn a_disk_that_fails_is_not_blamed_on_the_snapshot() {
        for kind in [
            io::ErrorKind::Other,
            io::ErrorKind::StorageFull,
            io::ErrorKind::QuotaExceeded,
            io::ErrorKind::PermissionDenied,
        ] {
            for came in [Came::Closed(kind), Came::Unreadable(kind)] {
                match refusal(came) {
                    ReceiveError::Io(error) => assert_eq!(error.kind(), kind),
                    other => panic!("{kind}: {other:?}"),
                }
            }
        }
    }
}
