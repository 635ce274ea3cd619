//! RocksDB behind the trait. What it is told, and why, stands in `options`.
//!
//! RocksDB checks its own blocks, blobs and write-ahead records when it reads them, and keeps a
//! checksum with each entry of a memtable; so values carry none of ours, except in the log, where
//! a record must also be known to stand in its own place.

mod error;
mod figures;
mod options;
mod place;
mod read_only;
#[cfg(test)]
mod tests;
mod view;

use std::io;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use rocksdb::checkpoint::Checkpoint;
use rocksdb::properties::BACKGROUND_ERRORS;
use rocksdb::{
    ColumnFamily, DB, FlushOptions, Options, ReadOptions, ReadTier, WriteBatch, WriteOptions,
};

use super::{Batch, Engine, Family, Figures, Order, Read, Visit, Write};
use error::io_error;
pub(crate) use figures::disk_bytes;
pub(crate) use options::Memory;
pub(crate) use place::{Hold, Place};
pub(crate) use read_only::ReadOnly;
use view::RocksView;

/// A RocksDB directory, open.
pub(crate) struct Rocks {
    open: Arc<Open>,
    durability: Durability,
}

/// The database, closed before its directory is let go.
struct Open {
    db: DB,
    place: Place,
}

/// How writes become durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// Through the write-ahead log.
    WriteAhead,
    /// By an atomic flush.
    Flush,
}

impl Rocks {
    /// Opens the log engine at `place`, or makes one.
    pub(crate) fn open_log(place: Place) -> io::Result<Self> {
        let options = options::log().map_err(io_error)?;
        let families = vec![options::log_family().map_err(io_error)?];
        let db = DB::open_cf_descriptors(&options, place.path(), families);
        Ok(Self::new(
            db.map_err(io_error)?,
            place,
            Durability::WriteAhead,
        ))
    }

    /// Opens the rows engine at `place`, or makes one. Compaction drops dedup rows whose expiry is
    /// not after `horizon`, in milliseconds of log time.
    pub(crate) fn open_rows(
        place: Place,
        memory: &Memory,
        horizon: &Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let options = options::rows(memory).map_err(io_error)?;
        let families = Family::ROWS
            .iter()
            .map(|it| options::rows_family(*it, memory, horizon))
            .collect::<Result<Vec<_>, _>>()
            .map_err(io_error)?;
        let db = DB::open_cf_descriptors(&options, place.path(), families);
        Ok(Self::new(db.map_err(io_error)?, place, Durability::Flush))
    }

    /// The value under `key` in a rows directory that nobody has open.
    pub(crate) fn peek(place: &Path, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        let options = Options::default();
        let families = [family.name()];
        let db = DB::open_cf_for_read_only(&options, place, families, true).map_err(io_error)?;
        get(&db, family, key, &ReadOptions::default())
    }

    fn new(db: DB, place: Place, durability: Durability) -> Self {
        Self {
            open: Arc::new(Open { db, place }),
            durability,
        }
    }

    fn db(&self) -> &DB {
        &self.open.db
    }

    /// The directory.
    pub(crate) fn place(&self) -> &Place {
        &self.open.place
    }

    /// Makes a directory that holds what is durable now, sharing files with this one.
    pub(crate) fn checkpoint(&self, path: &Path) -> io::Result<()> {
        let checkpoint = Checkpoint::new(self.db()).map_err(io_error)?;
        checkpoint.create_checkpoint(path).map_err(io_error)
    }

    /// Compacts one family, as RocksDB does by itself in time.
    #[cfg(test)]
    pub(crate) fn compact(&self, family: Family) -> io::Result<()> {
        let handle = handle(self.db(), family)?;
        self.db()
            .compact_range_cf(handle, None::<&[u8]>, None::<&[u8]>);
        Ok(())
    }

    /// A flush or compaction in the background that failed: RocksDB would tell a later write, or
    /// nobody if it can help itself. Here it ends the process.
    fn check_background(&self) -> io::Result<()> {
        let errors = self.db().property_int_value(BACKGROUND_ERRORS);
        match errors.map_err(io_error)? {
            Some(0) => Ok(()),
            _ => Err(io::Error::other("a background write of rocksdb failed")),
        }
    }
}

impl Read for Rocks {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        get(self.db(), family, key, &ReadOptions::default())
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        let mut options = ReadOptions::default();
        // The log is read once, by whoever catches up: it would push rows out of the cache.
        options.fill_cache(self.durability == Durability::Flush);
        scan(self.db(), family, range, order, options, visit)
    }
}

impl Engine for Rocks {
    fn write(&self, batch: Batch) -> io::Result<()> {
        let mut writes = WriteBatch::default();
        for write in batch.writes() {
            match write {
                Write::Put(family, key, value) => {
                    writes.put_cf(handle(self.db(), *family)?, key, value);
                }
                Write::Delete(family, key) => writes.delete_cf(handle(self.db(), *family)?, key),
                Write::DeleteRange(family, from, to) => {
                    writes.delete_range_cf(handle(self.db(), *family)?, from, to);
                }
            }
        }
        let mut options = WriteOptions::default();
        options.disable_wal(self.durability == Durability::Flush);
        self.db().write_opt(writes, &options).map_err(io_error)?;
        self.check_background()
    }

    fn sync(&self) -> io::Result<()> {
        match self.durability {
            Durability::WriteAhead => self.db().flush_wal(true).map_err(io_error)?,
            Durability::Flush => {
                let families = Family::ROWS
                    .iter()
                    .map(|it| handle(self.db(), *it))
                    .collect::<io::Result<Vec<_>>>()?;
                let options = FlushOptions::default();
                self.db()
                    .flush_cfs_opt(&families, &options)
                    .map_err(io_error)?;
            }
        }
        self.check_background()
    }

    fn get_durable(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        if self.durability == Durability::WriteAhead {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let mut options = ReadOptions::default();
        options.set_read_tier(ReadTier::Persisted);
        get(self.db(), family, key, &options)
    }

    fn view(&self) -> Arc<dyn Read> {
        Arc::new(RocksView::new(self.open.clone()))
    }

    fn figures(&self) -> io::Result<Figures> {
        let families = match self.durability {
            Durability::WriteAhead => Family::LOG,
            Durability::Flush => Family::ROWS,
        };
        let handles = families.iter().map(|it| handle(self.db(), *it));
        let handles = handles.collect::<io::Result<Vec<_>>>()?;
        figures::of(self.db(), self.place().path(), &handles)
    }
}

fn handle(db: &DB, family: Family) -> io::Result<&ColumnFamily> {
    db.cf_handle(family.name()).ok_or_else(|| {
        let message = format!("no family {} in this engine", family.name());
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}

fn get(db: &DB, family: Family, key: &[u8], options: &ReadOptions) -> io::Result<Option<Bytes>> {
    let value = db.get_cf_opt(handle(db, family)?, key, options);
    Ok(value.map_err(io_error)?.map(Bytes::from))
}

fn scan(
    db: &DB,
    family: Family,
    range: Range<&[u8]>,
    order: Order,
    mut options: ReadOptions,
    visit: &mut Visit<'_>,
) -> io::Result<()> {
    if range.start >= range.end {
        return Ok(());
    }
    options.set_iterate_lower_bound(range.start);
    options.set_iterate_upper_bound(range.end);
    let mut rows = db.raw_iterator_cf_opt(handle(db, family)?, options);
    match order {
        Order::Forward => rows.seek_to_first(),
        Order::Backward => rows.seek_to_last(),
    }
    while let Some((key, value)) = rows.item() {
        if let ControlFlow::Break(()) = visit(key, value)? {
            return Ok(());
        }
        match order {
            Order::Forward => rows.next(),
            Order::Backward => rows.prev(),
        }
    }
    rows.status().map_err(io_error)
}
