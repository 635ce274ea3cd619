//! A RocksDB directory that is read and not changed: nothing is made, flushed, or removed.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use rocksdb::{DB, ReadOptions};

use super::error::io_error;
use super::options::{self, Memory};
use super::{get, scan};
use crate::engine::{Family, Order, Read, Visit};

/// See the module.
pub(crate) struct ReadOnly(DB);

impl ReadOnly {
    /// The log engine at `path`, with what its write-ahead log says.
    pub(crate) fn log(path: &Path) -> io::Result<Self> {
        let mut options = options::log().map_err(io_error)?;
        options.create_if_missing(false);
        let families = vec![options::log_family().map_err(io_error)?];
        let db = DB::open_cf_descriptors_read_only(&options, path, families, false);
        Ok(Self(db.map_err(io_error)?))
    }

    /// The rows engine at `path`.
    pub(crate) fn rows(path: &Path) -> io::Result<Self> {
        let memory = Memory::new();
        // Only a compaction asks for it.
        let horizon = Arc::new(AtomicU64::new(0));
        let mut options = options::rows(&memory).map_err(io_error)?;
        options.create_if_missing(false);
        let families = Family::ROWS
            .iter()
            .map(|it| options::rows_family(*it, &memory, &horizon))
            .collect::<Result<Vec<_>, _>>()
            .map_err(io_error)?;
        let db = DB::open_cf_descriptors_read_only(&options, path, families, false);
        Ok(Self(db.map_err(io_error)?))
    }
}

impl Read for ReadOnly {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        get(&self.0, family, key, &ReadOptions::default())
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        scan(&self.0, family, range, order, options, visit)
    }
}
