//! Where the rows of a group live, and how others move in: the part of a snapshot that differs
//! between the disk and its twin.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::snapshot::SnapshotFile;
use crate::engine::{Engine, Read};

/// The place of a group's rows, with room beside it.
pub(crate) trait Home: Send + Sync {
    /// Freezes what is durable now.
    fn freeze(&self) -> io::Result<Arc<dyn Frozen>>;

    /// An empty place beside the one in use.
    fn stage(&self) -> io::Result<Box<dyn Stage>>;
}

/// Rows that do not change any more, as files. Gone once dropped.
pub(crate) trait Frozen: Send + Sync {
    /// The record of the last commit among them.
    fn applied(&self) -> Option<&Bytes>;

    /// The files, in any order that does not change.
    fn files(&self) -> &[SnapshotFile];

    /// At most `bytes_max` bytes of a file from `offset` on; all there are, if they are fewer.
    fn read(&self, file: &SnapshotFile, offset: u64, bytes_max: usize) -> io::Result<Bytes>;
}

/// A place that files come to. Gone once dropped.
pub(crate) trait Stage: Send {
    /// Adds `bytes` to the end of the file of that name, which is made if it is not there.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Makes all files durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Opens the files. What they say is not believed yet.
    fn open(self: Box<Self>) -> io::Result<Box<dyn Candidate>>;
}

/// Rows beside the ones in use. Gone once dropped.
pub(crate) trait Candidate: Send {
    /// The rows.
    fn rows(&self) -> &dyn Read;

    /// Puts them in the place of the ones in use, which are dropped when nobody reads them any
    /// more. Durable on return; a crash leaves the old ones or these.
    fn switch(self: Box<Self>) -> io::Result<Arc<dyn Engine>>;
}
