//! Engines: ordered maps of bytes that outlive the process. Two stand behind one trait: RocksDB,
//! and a twin in memory that a simulation can cut the power of.
//!
//! An engine is used in one of two ways. The *log* engine has a write-ahead log: each write is
//! there after the death of the process, and after [`Engine::sync`] also after the loss of power.
//! The *rows* engine has none: what was written since the last [`Engine::sync`] is gone with the
//! process, all families alike, and the log says it again.

mod batch;
mod fail_stop;
mod figures;
pub mod memory;
#[cfg(not(madsim))]
pub mod rocks;

use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use bytes::Bytes;

pub use batch::{Batch, Write};
pub(crate) use fail_stop::FailStop;
pub use figures::Figures;

/// A part of an engine with its own order of keys. Names are stored: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// The log: entries, vote, purge record of all groups.
    Log,
    /// Small rows that are also held in memory, and the applied record.
    State,
    /// Events without their content.
    Events,
    /// Contents of events: written once, large.
    Content,
    /// Dedup keys; rows past their expiry are dropped by compaction.
    Dedup,
    /// Lists of events: ready, waiting, due, dead, finished.
    Index,
}

impl Family {
    /// The families of a log engine.
    pub const LOG: &[Self] = &[Self::Log];
    /// The families of a rows engine.
    pub const ROWS: &[Self] = &[
        Self::State,
        Self::Events,
        Self::Content,
        Self::Dedup,
        Self::Index,
    ];

    /// The name on disk.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::State => "state",
            Self::Events => "events",
            Self::Content => "content",
            Self::Dedup => "dedup",
            Self::Index => "index",
        }
    }
}

/// The direction of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Least key first.
    Forward,
    /// Greatest key first.
    Backward,
}

/// What a scan does with each row; it breaks to stop the scan.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> io::Result<ControlFlow<()>> + 'a;

/// What can be read: an engine as it is now, or a view of it as it was.
pub trait Read: Send + Sync {
    /// The value under `key`.
    ///
    /// # Errors
    /// The disk fails, or what it holds is damaged ([`io::ErrorKind::InvalidData`]).
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>>;

    /// Shows `visit` the rows of `range`, all of one moment, until it breaks.
    ///
    /// # Errors
    /// As [`Self::get`], or what `visit` answers.
    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()>;
}

/// An ordered map on disk. After an error of a write or a sync every later one fails: what
/// reached the disk is unknown, and only a new start finds out.
pub trait Engine: Read {
    /// Writes all of `batch` or nothing. Readable on return, not yet durable.
    ///
    /// # Errors
    /// Whether it was written is unknown.
    fn write(&self, batch: Batch) -> io::Result<()>;

    /// Makes all earlier writes durable: the log engine by one fsync of its write-ahead log, the
    /// rows engine by an atomic flush of all families.
    ///
    /// # Errors
    /// What is durable is unknown. Must not be tried again.
    fn sync(&self) -> io::Result<()>;

    /// The value under `key` as a new start would find it. Of a rows engine only: it may flush by
    /// itself, so this can be newer than the last [`Self::sync`].
    ///
    /// # Errors
    /// As [`Read::get`]; [`io::ErrorKind::Unsupported`] for a log engine.
    fn get_durable(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>>;

    /// What is there now, unmoved by later writes. Cheap; holds disk space while it lives.
    fn view(&self) -> Arc<dyn Read>;

    /// What it uses now.
    ///
    /// # Errors
    /// The disk fails.
    fn figures(&self) -> io::Result<Figures>;
}
