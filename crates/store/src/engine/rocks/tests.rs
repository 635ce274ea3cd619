//! What RocksDB was really told, and what it does with it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ackord_core::id::EventId;
use ackord_core::model::{ContentHash, Dedup};
use ackord_core::rows::Row;
use ackord_core::time::Timestamp;

use super::{Memory, Place, Rocks};
use crate::engine::{Batch, Engine, Family, Read};

fn place(dir: &Path) -> Place {
    Place::kept(dir.to_owned(), Arc::new(()))
}

fn open_rows(dir: &Path, horizon: &Arc<AtomicU64>) -> Rocks {
    Rocks::open_rows(place(dir), &Memory::new(), horizon).expect("opens")
}

/// The options file that RocksDB writes when it opens.
fn options(dir: &Path) -> String {
    let files = fs::read_dir(dir).expect("lists");
    let mut names: Vec<_> = files.map(|it| it.expect("lists").path()).collect();
    names.retain(|it| it.to_string_lossy().contains("OPTIONS-"));
    names.sort();
    fs::read_to_string(names.last().expect("there is one")).expect("reads")
}

fn assert_told(options: &str, wanted: &[&str]) {
    for line in wanted {
        assert!(options.lines().any(|it| it.trim() == *line), "{line}");
    }
}

const OF_BOTH: [&str; 3] = [
    "max_bgerror_resume_count=0",
    "paranoid_checks=true",
    "avoid_flush_during_shutdown=true",
];

#[test]
fn the_log_refuses_holes_and_retries_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let _log = Rocks::open_log(place(dir.path())).expect("opens");
    let options = options(dir.path());
    assert_told(&options, &OF_BOTH);
    let own = [
        "wal_recovery_mode=kTolerateCorruptedTailRecords",
        "track_and_verify_wals_in_manifest=true",
        "manual_wal_flush=false",
        "memtable_protection_bytes_per_key=8",
    ];
    assert_told(&options, &own);
}

#[test]
fn the_rows_flush_as_one_and_retry_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let _rows = open_rows(dir.path(), &Arc::default());
    let options = options(dir.path());
    assert_told(&options, &OF_BOTH);
    let own = [
        "atomic_flush=true",
        "max_background_jobs=2",
        "enable_blob_files=true",
        "compression=kLZ4Compression",
        "memtable_protection_bytes_per_key=8",
    ];
    assert_told(&options, &own);
}

/// How many threads of this process have that name.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn threads(name: &str) -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("lists");
    let tasks = tasks.map(|it| it.expect("lists").path().join("comm"));
    // One may end meanwhile.
    let names = tasks.filter_map(|it| fs::read_to_string(it).ok());
    names.filter(|it| it.trim_end() == name).count()
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn log_rows_and_a_snapshot_need_not_share_a_thread() {
    let (log, rows) = (tempfile::tempdir(), tempfile::tempdir());
    let (log, rows) = (log.expect("a directory"), rows.expect("a directory"));
    let _log = Rocks::open_log(place(log.path())).expect("opens");
    let _rows = open_rows(rows.path(), &Arc::default());
    assert_eq!(threads("rocksdb:high"), 3);
    assert_eq!(threads("rocksdb:low"), 3);
}

fn put_dedup(rows: &Rocks, key: u8, expires: u64) {
    let row = Row::Dedup(Dedup {
        event: EventId(1),
        content: ContentHash(2),
        expires: Timestamp(expires),
    });
    let mut batch = Batch::default();
    batch.put(Family::Dedup, vec![key], ackord_proto::row::encode(&row));
    rows.write(batch).expect("writes");
}

#[test]
fn compaction_drops_expired_dedup_rows_up_to_the_horizon_only() {
    let dir = tempfile::tempdir().expect("a directory");
    let horizon = Arc::new(AtomicU64::new(0));
    let rows = open_rows(dir.path(), &horizon);
    put_dedup(&rows, 1, 10);
    put_dedup(&rows, 2, 20);
    put_dedup(&rows, 3, 30);
    let mut unreadable = Batch::default();
    unreadable.put(Family::Dedup, vec![4], b"\xff".to_vec());
    rows.write(unreadable).expect("writes");
    rows.sync().expect("flushes");
    let left = || {
        rows.compact(Family::Dedup).expect("compacts");
        let found = |key| rows.get(Family::Dedup, &[key]).expect("reads").is_some();
        (1..=4).filter(|key| found(*key)).collect::<Vec<u8>>()
    };
    assert_eq!(left(), [1, 2, 3, 4]);
    horizon.store(20, Ordering::Release);
    assert_eq!(left(), [3, 4]);
}

#[test]
fn other_families_know_no_expiry() {
    let dir = tempfile::tempdir().expect("a directory");
    let rows = open_rows(dir.path(), &Arc::new(AtomicU64::new(u64::MAX)));
    put_dedup(&rows, 1, 10);
    let mut batch = Batch::default();
    let value = rows
        .get(Family::Dedup, &[1])
        .expect("reads")
        .expect("is there");
    batch.put(Family::Index, vec![1], value.to_vec());
    rows.write(batch).expect("writes");
    rows.sync().expect("flushes");
    rows.compact(Family::Index).expect("compacts");
    assert!(rows.get(Family::Index, &[1]).expect("reads").is_some());
}
