//! What may happen while the mark is saved.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use bytes::Bytes;

use super::LogStore;
use crate::cell::{Cell, CellError};
use crate::engine::memory::{LogTwin, SimDisk};
use crate::group::Group;
use crate::planted::Planted;

/// The cell of a mark. At each save it looks whether the log could sync meanwhile.
#[derive(Clone, Default)]
struct Looking {
    log: Arc<OnceLock<Weak<LogStore>>>,
    saves: Arc<Mutex<Vec<(u64, bool)>>>,
}

impl Looking {
    /// Where the mark went, and whether a sync could go on.
    fn saves(&self) -> Vec<(u64, bool)> {
        self.saves.lock().expect("no save panics").clone()
    }
}

impl Cell for Looking {
    fn load(&self) -> Result<Option<Vec<u8>>, CellError> {
        Ok(None)
    }

    fn save(&self, bytes: &[u8]) -> io::Result<()> {
        let end = bytes.try_into().map(u64::from_le_bytes);
        if let Some(log) = self.log.get().and_then(Weak::upgrade) {
            let free = log.durable.try_lock().is_ok();
            let mut saves = self.saves.lock().expect("no save panics");
            saves.push((end.expect("a mark has 8 bytes"), free));
        }
        Ok(())
    }
}

/// A log with three entries, synced and marked.
fn marked(mark: &Looking) -> Arc<LogStore> {
    let engine = Arc::new(LogTwin::new(SimDisk::new().open()));
    let cell = Box::new(mark.clone());
    let log = LogStore::open(engine, cell, Group::FIRST, Planted::default());
    let log = Arc::new(log.expect("opens"));
    assert!(mark.log.set(Arc::downgrade(&log)).is_ok());
    let entries: Vec<_> = (0..3).map(|it| (it, Bytes::from("entry"))).collect();
    log.append(&entries).expect("appends");
    log.sync().expect("syncs");
    log.mark_end().expect("marks");
    log
}

#[test]
fn a_sync_does_not_wait_for_the_mark() {
    let mark = Looking::default();
    let log = marked(&mark);
    log.mark_end().expect("nothing new to note");
    assert_eq!(mark.saves(), [(3, true)]);
}

#[test]
fn nothing_becomes_durable_while_a_truncation_lowers_the_mark() {
    let mark = Looking::default();
    let log = marked(&mark);
    log.truncate_from(1).expect("truncates");
    assert_eq!(mark.saves(), [(3, true), (1, false)]);
    log.mark_end().expect("nothing new to note");
    assert_eq!(mark.saves().len(), 2);
}
