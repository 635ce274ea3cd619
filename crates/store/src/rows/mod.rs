//! The rows of one Raft group: what apply wrote, with a record of how far it has applied.
//!
//! A commit is one atomic write without a write-ahead log: the Raft log is that. What a crash takes
//! away is the end of all families alike, up to the last flush, and applying the log again from
//! there brings it back. So the log may be purged only below what [`RowStore::applied_flushed`]
//! answers.

pub(crate) mod expiry;
pub(crate) mod home;
pub(crate) mod snapshot;
#[cfg(not(madsim))]
pub(crate) mod survey;
#[cfg(test)]
mod tests;
mod value;
mod view;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use ackord_core::rows::{Change, Key, Row, RowError, Rows};
use ackord_core::time::Timestamp;
use bytes::Bytes;

use crate::engine::{Batch, Engine, Family, Figures};
use crate::key;
use home::Home;
use snapshot::{Incoming, Manifest, ReceiveError, Received, Snapshot};
pub use view::RowView;

/// The rows of one group as they are now. Calls block; the caller picks the thread. One caller
/// commits, any may read and flush meanwhile.
///
/// Any error means that the process must end.
pub struct RowStore {
    /// The engine in use; another one after an install.
    engine: RwLock<Arc<dyn Engine>>,
    home: Box<dyn Home>,
    horizon: Arc<AtomicU64>,
}

impl RowStore {
    /// Takes over the engine in use of `home`. Compaction obeys `horizon`.
    pub(crate) fn new(
        engine: Arc<dyn Engine>,
        home: Box<dyn Home>,
        horizon: Arc<AtomicU64>,
    ) -> Self {
        Self {
            engine: RwLock::new(engine),
            home,
            horizon,
        }
    }

    /// Writes `changes` and the record of what they bring the rows to, all or nothing. Readable
    /// on return; durable after the next flush, or once the log is.
    ///
    /// # Errors
    /// Whether it was written is unknown.
    pub fn commit(&self, changes: &[Change], applied: Bytes) -> io::Result<()> {
        let mut batch = Batch::with_capacity(changes.len() + 1);
        for change in changes {
            match change {
                Change::Put(key, row) => {
                    let (family, key) = key::encode(key);
                    batch.put(family, key, value::encode(row));
                }
                Change::Delete(key) => {
                    let (family, key) = key::encode(key);
                    batch.delete(family, key);
                }
            }
        }
        batch.put(Family::State, key::APPLIED.to_vec(), applied.into());
        self.engine().write(batch)
    }

    /// The record of the last commit.
    ///
    /// # Errors
    /// The disk fails.
    pub fn applied(&self) -> io::Result<Option<Bytes>> {
        self.engine().get(Family::State, key::APPLIED)
    }

    /// The record of the last commit that a new start would find. Rows may also be flushed without
    /// being asked, so this can be newer than the last [`Self::flush`].
    ///
    /// # Errors
    /// The disk fails.
    pub fn applied_flushed(&self) -> io::Result<Option<Bytes>> {
        self.engine().get_durable(Family::State, key::APPLIED)
    }

    /// Makes all commits so far durable, all families as one.
    ///
    /// # Errors
    /// What is durable is unknown.
    pub fn flush(&self) -> io::Result<()> {
        self.engine().sync()
    }

    /// Lets compaction drop dedup rows that expire at `log_time` or before. Must not be later than
    /// the log time of what [`Self::applied_flushed`] answers: after a crash the log is applied
    /// again from there, and must find the rows that it found the first time. Never goes back.
    pub fn expire_until(&self, log_time: Timestamp) {
        self.horizon.fetch_max(log_time.0, Ordering::AcqRel);
    }

    /// The rows as they are now, unmoved by later commits. Cheap; while it lives the disk keeps
    /// what it shows.
    #[must_use]
    pub fn view(&self) -> RowView {
        RowView::new(self.engine().view())
    }

    /// Flushes the rows and freezes them, to be sent to another node.
    ///
    /// # Errors
    /// The disk fails, or nothing was ever committed ([`io::ErrorKind::NotFound`]).
    pub fn snapshot(&self) -> io::Result<Snapshot> {
        self.flush()?;
        Snapshot::new(self.home.freeze()?)
    }

    /// Begins to receive a snapshot, beside the rows in use.
    ///
    /// # Errors
    /// The manifest is not a sound one, or the disk fails.
    pub fn receive(&self, manifest: Manifest) -> Result<Incoming, ReceiveError> {
        Incoming::new(manifest, self.home.stage()?)
    }

    /// Puts a received snapshot in the place of all rows. Durable on return; a crash leaves the old
    /// rows or the new ones. Views keep showing what they showed, and nobody waits to read: there
    /// are the old rows until the new ones are in place. Nobody may commit meanwhile, nor install.
    ///
    /// Returns once the old rows are closed and removed, which takes long. If somebody still reads
    /// them, that falls to the last one who does.
    ///
    /// # Errors
    /// Which rows a new start would find is unknown.
    pub fn install(&self, received: Received) -> io::Result<()> {
        let new = received.0.switch()?;
        let engine = self.engine.write();
        let mut engine = engine.expect("nothing panics while it switches");
        let old = std::mem::replace(&mut *engine, new);
        // Readers wait for this lock, and the old rows take long to go.
        drop(engine);
        drop(old);
        Ok(())
    }

    /// What the engine of these rows uses now.
    ///
    /// # Errors
    /// The disk fails.
    pub fn figures(&self) -> io::Result<Figures> {
        self.engine().figures()
    }

    fn engine(&self) -> Arc<dyn Engine> {
        let engine = self.engine.read();
        engine.expect("nothing panics while it switches").clone()
    }
}

impl Rows for RowStore {
    fn get(&self, key: &Key) -> Result<Option<Row>, RowError> {
        view::get(&*self.engine(), key)
    }

    fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError> {
        view::scan(
            &*self.engine(),
            from,
            to,
            limit,
            crate::engine::Order::Forward,
        )
    }
}
