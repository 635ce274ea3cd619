//! The platter: what is left when a node dies.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::faults::{Faults, Site};
use super::tables::Tables;
use crate::cell::{Cell, CellError};
use crate::engine::{Batch, Family};

/// A disk in memory. Clones are handles to the same disk; it outlives the nodes that use it.
#[derive(Clone, Default)]
pub struct SimDisk {
    platter: Arc<Mutex<Platter>>,
}

/// Everything on the disk.
#[derive(Clone, Default)]
pub(super) struct Platter {
    /// The incarnation that may write; see [`Handle`].
    epoch: u64,
    /// The log as it reads now.
    pub(super) log: Tables,
    /// The log as its last sync left it.
    pub(super) log_synced: Tables,
    /// Log writes since that sync.
    pub(super) log_unsynced: Vec<Batch>,
    /// The rows as they read now.
    pub(super) rows: Tables,
    /// The rows as their last flush left them.
    pub(super) rows_flushed: Tables,
    /// Log time up to which expired rows may go; each incarnation says it anew.
    expiry_horizon: Arc<AtomicU64>,
    /// Small durable files by name.
    cells: BTreeMap<String, Vec<u8>>,
    /// Of those, the ones that fail their checksum.
    rotten_cells: BTreeSet<String>,
    pub(super) faults: Faults,
}

impl SimDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of the disk as it is now, without its orders to fail. Whoever opens it finds what a
    /// process that was killed now would find, and disturbs nobody.
    #[must_use]
    pub fn fork(&self) -> Self {
        let mut platter = self.lock().clone();
        platter.expiry_horizon = Arc::default();
        platter.faults = Faults::default();
        Self {
            platter: Arc::new(Mutex::new(platter)),
        }
    }

    /// The process dies, the host lives: the log keeps what was written to it, synced or not; the
    /// rows go back to their last flush. What the old process still holds cannot write any more.
    pub fn kill(&self) {
        let mut platter = self.lock();
        platter.epoch += 1;
        platter.rows = platter.rows_flushed.clone();
        platter.expiry_horizon = Arc::default();
    }

    /// The power fails: of the log writes since the last sync, only the first `survivors` are kept.
    /// Rows and process go as in [`Self::kill`].
    pub fn power_loss(&self, survivors: usize) {
        self.kill();
        let mut platter = self.lock();
        let unsynced = std::mem::take(&mut platter.log_unsynced);
        for batch in unsynced.iter().take(survivors) {
            platter.log_synced.apply(batch);
        }
        platter.log = platter.log_synced.clone();
    }

    /// Log writes that a loss of power may take: what to draw the survivors from.
    #[must_use]
    pub fn unsynced_writes(&self) -> usize {
        self.lock().log_unsynced.len()
    }

    /// Flushes the rows, as RocksDB does by itself when its memory is full.
    pub fn flush_rows(&self) {
        let mut platter = self.lock();
        platter.rows_flushed = platter.rows.clone();
    }

    /// Drops dedup rows past their expiry, as a compaction does: never beyond the horizon that
    /// the store was told.
    pub fn compact_rows(&self) {
        let mut platter = self.lock();
        let horizon = platter.expiry_horizon.load(Ordering::Acquire);
        let keep = |_: &[u8], value: &[u8]| !crate::rows::expiry::is_past(value, horizon);
        platter.rows.retain(Family::Dedup, keep);
        platter.rows_flushed.retain(Family::Dedup, keep);
    }

    /// Lets `syncs` more syncs succeed (log, rows and cells alike); the one after them fails.
    pub fn fail_sync_after(&self, syncs: u64) {
        self.lock().faults.syncs_left = Some(syncs);
    }

    /// Lets `writes` more writes succeed; the one after them fails.
    pub fn fail_write_after(&self, writes: u64) {
        self.lock().faults.writes_left = Some(writes);
    }

    /// Lets what is done at `site` succeed so many times more; then it fails once.
    pub fn fail_at(&self, site: Site, successes: u64) {
        self.lock().faults.site_left = Some((site, successes));
    }

    /// What has failed since the last [`Self::heal`].
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.lock().faults.failed
    }

    /// From now on no byte fits on the disk, or bytes fit again.
    pub fn set_full(&self, full: bool) {
        self.lock().faults.full = full;
    }

    /// Takes back what was ordered to fail. What is damaged stays so.
    pub fn heal(&self) {
        self.lock().faults = Faults::default();
    }

    /// Flips one bit of the `nth` record of the log, counted over all groups from the least key.
    /// Answers whether there is one.
    pub fn flip_log_bit(&self, nth: usize, bit: usize) -> bool {
        let mut platter = self.lock();
        let Some(key) = platter.log.nth_key(Family::Log, nth) else {
            return false;
        };
        platter.log_synced.flip(Family::Log, &key, bit);
        platter.log.flip(Family::Log, &key, bit)
    }

    /// Records in the log, of all kinds and groups.
    #[must_use]
    pub fn log_records(&self) -> usize {
        self.lock().log.len(Family::Log)
    }

    /// Makes the `nth` row of `family` unreadable. Answers whether there is one.
    pub fn rot_row(&self, family: Family, nth: usize) -> bool {
        let mut platter = self.lock();
        let Some(key) = platter.rows.nth_key(family, nth) else {
            return false;
        };
        platter.rows_flushed.rot(family, &key);
        platter.rows.rot(family, &key)
    }

    /// Damages a small file, until it is saved again: `identity`, or `log-end.0`.
    pub fn rot_cell(&self, name: &str) {
        self.lock().rotten_cells.insert(name.to_owned());
    }

    /// Starts a new incarnation: the handles of earlier ones are dead, and its rows are what the
    /// last flush left.
    pub(crate) fn open(&self) -> Handle {
        self.kill();
        Handle {
            disk: self.clone(),
            epoch: self.lock().epoch,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Platter> {
        self.platter
            .lock()
            .expect("nothing panics while it holds the platter")
    }
}

/// One incarnation's access to the disk.
#[derive(Clone)]
pub(crate) struct Handle {
    disk: SimDisk,
    epoch: u64,
}

impl Handle {
    /// The platter, while this incarnation lives.
    pub(super) fn platter(&self) -> io::Result<MutexGuard<'_, Platter>> {
        let platter = self.disk.lock();
        if platter.epoch != self.epoch {
            return Err(io::Error::other("this incarnation of the node is dead"));
        }
        Ok(platter)
    }

    /// The platter, for a look that cannot fail: the dead may look, they change nothing.
    pub(super) fn peek(&self) -> MutexGuard<'_, Platter> {
        self.disk.lock()
    }

    /// Log time up to which compaction may drop expired rows.
    pub(crate) fn horizon(&self) -> Arc<AtomicU64> {
        self.peek().expiry_horizon.clone()
    }

    /// The cell of that name.
    pub(crate) fn cell(&self, name: impl Into<String>) -> SimCell {
        SimCell {
            handle: self.clone(),
            name: name.into(),
        }
    }
}

/// A durable file of a few bytes.
pub(crate) struct SimCell {
    handle: Handle,
    name: String,
}

impl Cell for SimCell {
    fn load(&self) -> Result<Option<Vec<u8>>, CellError> {
        let platter = self.handle.platter()?;
        if platter.rotten_cells.contains(&self.name) {
            return Err(CellError::Damaged);
        }
        Ok(platter.cells.get(&self.name).cloned())
    }

    fn save(&self, bytes: &[u8]) -> io::Result<()> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::Cell)?;
        platter.rotten_cells.remove(&self.name);
        platter.cells.insert(self.name.clone(), bytes.to_vec());
        Ok(())
    }
}
