//! What a RocksDB directory uses, by its own account and by the lengths of its files.

use std::fs;
use std::io;
use std::path::Path;

use rocksdb::properties::{
    ACTUAL_DELAYED_WRITE_RATE, BLOCK_CACHE_USAGE, ESTIMATE_PENDING_COMPACTION_BYTES,
    IS_WRITE_STOPPED, NUM_RUNNING_COMPACTIONS, NUM_RUNNING_FLUSHES, PropName, SIZE_ALL_MEM_TABLES,
};
use rocksdb::{ColumnFamily, DB};

use super::error::io_error;
use crate::engine::Figures;

/// The figures of `db`, whose files are in `path` and whose families are `families`.
pub(super) fn of(db: &DB, path: &Path, families: &[&ColumnFamily]) -> io::Result<Figures> {
    let whole = |name: &PropName| {
        let value = db.property_int_value(name).map_err(io_error)?;
        Ok::<u64, io::Error>(value.unwrap_or_default())
    };
    let summed = |name: &PropName| {
        let mut sum = 0;
        for family in families {
            let value = db.property_int_value_cf(*family, name);
            sum += value.map_err(io_error)?.unwrap_or_default();
        }
        Ok::<u64, io::Error>(sum)
    };
    let cache_bytes = match families.first() {
        // All families of an engine share one cache.
        Some(family) => db.property_int_value_cf(*family, BLOCK_CACHE_USAGE),
        None => Ok(None),
    };
    Ok(Figures {
        disk_bytes: disk_bytes(path)?,
        memtable_bytes: summed(SIZE_ALL_MEM_TABLES)?,
        cache_bytes: cache_bytes.map_err(io_error)?.unwrap_or_default(),
        compaction_pending_bytes: summed(ESTIMATE_PENDING_COMPACTION_BYTES)?,
        compactions_running: whole(NUM_RUNNING_COMPACTIONS)?,
        flushes_running: whole(NUM_RUNNING_FLUSHES)?,
        write_rate_limit: whole(ACTUAL_DELAYED_WRITE_RATE)?,
        writes_stopped: whole(IS_WRITE_STOPPED)? != 0,
    })
}

/// Bytes of the files in a directory and below. What goes away meanwhile does not count.
pub(crate) fn disk_bytes(dir: &Path) -> io::Result<u64> {
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let entries = match fs::read_dir(dir) {
        Err(error) if gone(&error) => return Ok(0),
        other => other?,
    };
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        let of_entry = entry.metadata().and_then(|it| match it.is_dir() {
            true => disk_bytes(&entry.path()),
            false => Ok(it.len()),
        });
        bytes += match of_entry {
            Err(error) if gone(&error) => 0,
            other => other?,
        };
    }
    Ok(bytes)
}
