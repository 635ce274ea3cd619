//! What RocksDB is told.
//!
//! Durability: a failed background write is never retried, a corrupt file never skipped. The log
//! recovers its write-ahead log up to an incomplete last record and refuses anything worse. The
//! rows have none, and flush all families as one.
//!
//! Memory, of the 2 GiB that a node may take: the caches and memtables below are bounded whatever
//! the rows grow to. At ten million events and a hundred million dedup keys the dedup filters take
//! about 90 MiB (a ribbon filter: 7 bits a key) and indexes and filters of all families about
//! 250 MiB, all inside the block cache.
//!
//! Threads: each database of a node has one to flush and one to compact that it need not share.
//! Every commit waits for the log, and the log must never wait for the rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::compaction_filter::Decision;
use rocksdb::{
    BlockBasedOptions, BlockBasedTablePinningTier, Cache, ColumnFamilyDescriptor,
    DBCompressionType, DBRecoveryMode, Env, Error, Options, WriteBufferManager,
};

use crate::engine::Family;
use crate::rows::expiry;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Blocks of all rows, with indexes and filters.
const CACHE_BYTES: usize = 768 * MIB;
/// Rows that are not flushed yet: what a restart takes from the log again, so it bounds restarts.
const ROWS_MEMORY_BYTES: usize = 64 * MIB;
/// Memtable of the log; three at most.
const LOG_MEMTABLE_BYTES: usize = 32 * MIB;
/// Flushes of a family that are merged at once. Their keys lie anywhere among those that are there,
/// so each merge writes all of a level again: fewer and larger ones cost less, and filters keep
/// reads from looking into each flush.
const FLUSHES_PER_COMPACTION: i32 = 8;
/// Contents of this size and above go to blob files, which compaction does not copy.
const BLOB_BYTES_MIN: u64 = 256;
/// One blob file: small enough that it is all garbage soon after its events are.
const BLOB_FILE_BYTES: u64 = 64 << 20;
/// Of the filter of a family; 10 bits of a Bloom filter let one miss in a hundred through.
const FILTER_BITS_PER_KEY: f64 = 10.0;

/// Threads that flush, and as many that compact: one of each for the log, for the rows, and for a
/// snapshot on its way in.
const THREADS: i32 = 3;
/// What one database does at a time: a flush and a compaction.
const JOBS_PER_DATABASE: i32 = 2;

/// Of the memory of a memtable, for its filter.
const MEMTABLE_FILTER_PART: f64 = 0.02;

/// Not in the binding by name: no retry of failed background writes, a checksum with each entry of
/// a memtable, and nothing flushed by a clean close that a crash would have lost.
const BY_NAME: &str = "max_bgerror_resume_count=0;\
     memtable_protection_bytes_per_key=8;\
     avoid_flush_during_shutdown=true";

/// Memory that the row engines of a process share.
#[derive(Clone)]
pub(crate) struct Memory {
    cache: Cache,
    write_buffers: WriteBufferManager,
}

impl Memory {
    /// The bounds of one node.
    pub(crate) fn new() -> Self {
        Self {
            cache: Cache::new_lru_cache(CACHE_BYTES),
            write_buffers: WriteBufferManager::new_write_buffer_manager(ROWS_MEMORY_BYTES, false),
        }
    }
}

/// Options of the log database.
pub(super) fn log() -> Result<Options, Error> {
    let mut options = database()?;
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    Ok(options)
}

/// Options of the log's one family. Entries are written once, read soon and purged in order.
pub(super) fn log_family() -> Result<ColumnFamilyDescriptor, Error> {
    let mut options = base()?;
    options.set_write_buffer_size(LOG_MEMTABLE_BYTES);
    options.set_max_write_buffer_number(3);
    options.set_compression_type(DBCompressionType::Lz4);
    Ok(ColumnFamilyDescriptor::new(Family::Log.name(), options))
}

/// Options of a rows database.
pub(super) fn rows(memory: &Memory) -> Result<Options, Error> {
    let mut options = database()?;
    options.set_atomic_flush(true);
    options.set_write_buffer_manager(&memory.write_buffers);
    Ok(options)
}

/// Options of one family of a rows database.
pub(super) fn rows_family(
    family: Family,
    memory: &Memory,
    horizon: &Arc<AtomicU64>,
) -> Result<ColumnFamilyDescriptor, Error> {
    let mut options = base()?;
    options.set_write_buffer_size(ROWS_MEMORY_BYTES);
    options.set_max_write_buffer_number(4);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_level_zero_file_num_compaction_trigger(FLUSHES_PER_COMPACTION);
    let mut table = table(memory);
    match family {
        Family::State | Family::Index => table.set_block_size(8 * KIB),
        Family::Events => {
            table.set_bloom_filter(FILTER_BITS_PER_KEY, false);
            filter_memtable(&mut options);
        }
        Family::Content => keep_in_blobs(&mut options, memory),
        Family::Dedup => {
            table.set_block_size(16 * KIB);
            table.set_ribbon_filter(FILTER_BITS_PER_KEY);
            // A miss is the common case and must not touch the disk.
            table.set_unpartitioned_pinning_tier(BlockBasedTablePinningTier::All);
            filter_memtable(&mut options);
            // Keys are hashes.
            options.set_compression_type(DBCompressionType::None);
            drop_expired(&mut options, horizon);
        }
        Family::Log => {}
    }
    options.set_block_based_table_factory(&table);
    Ok(ColumnFamilyDescriptor::new(family.name(), options))
}

/// What a database is told as a whole, beside [`base`].
fn database() -> Result<Options, Error> {
    let mut options = base()?;
    options.set_env(&threads()?);
    options.set_max_background_jobs(JOBS_PER_DATABASE);
    Ok(options)
}

/// RocksDB's own environment. The process has one, whoever asks for it, so all databases share its
/// threads, and to say their number again changes nothing.
fn threads() -> Result<Env, Error> {
    let mut env = Env::new()?;
    env.set_background_threads(THREADS);
    env.set_high_priority_background_threads(THREADS);
    Ok(env)
}

fn base() -> Result<Options, Error> {
    let mut options = Options::default().get_options_from_string(BY_NAME)?;
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_paranoid_checks(true);
    options.set_bytes_per_sync(MIB as u64);
    options.set_max_log_file_size(8 * MIB);
    options.set_keep_log_file_num(4);
    Ok(options)
}

fn table(memory: &Memory) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&memory.cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_cache_index_and_filter_blocks_with_high_priority(true);
    table.set_optimize_filters_for_memory(true);
    table
}

/// For families that are mostly asked for what they do not have: each submit asks for its event
/// and its dedup key.
fn filter_memtable(options: &mut Options) {
    options.set_memtable_prefix_bloom_ratio(MEMTABLE_FILTER_PART);
    options.set_memtable_whole_key_filtering(true);
}

fn keep_in_blobs(options: &mut Options, memory: &Memory) {
    options.set_enable_blob_files(true);
    options.set_min_blob_size(BLOB_BYTES_MIN);
    options.set_blob_file_size(BLOB_FILE_BYTES);
    options.set_blob_compression_type(DBCompressionType::Lz4);
    options.set_enable_blob_gc(true);
    options.set_blob_cache(&memory.cache);
}

fn drop_expired(options: &mut Options, horizon: &Arc<AtomicU64>) {
    let horizon = horizon.clone();
    options.set_compaction_filter("ackord.expiry", move |_, _, value| {
        if expiry::is_past(value, horizon.load(Ordering::Acquire)) {
            Decision::Remove
        } else {
            Decision::Keep
        }
    });
}
