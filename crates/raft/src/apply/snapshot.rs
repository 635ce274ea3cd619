//! Snapshots. The rows on this node's disk are the snapshot: to take one is to flush them, and to
//! tell openraft which entry they have reached, so that it may let go of the log before that. The
//! bytes are not copied anywhere; a checkpoint would pin files that compaction wants to drop. So
//! one is made only when a snapshot is sent, of the rows as they are then.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ackord_core::time::Timestamp;
use ackord_store::{Received, RowStore};
use openraft::RaftSnapshotBuilder;
use tokio::sync::mpsc;

use super::Published;
use crate::record::{Applied, decode_applied};
use crate::runtime::blocking;
use crate::types::{LeaderId, TypeConfig};

pub(crate) type SnapshotMeta = openraft::SnapshotMeta<LeaderId, u64, String>;
pub(crate) type Snapshot = openraft::Snapshot<LeaderId, u64, String, SnapshotData>;

/// What a snapshot is made of.
pub(crate) enum SnapshotData {
    /// This node's rows, which have reached at least what the snapshot says. Gone with the group.
    Own(Weak<RowStore>),
    /// The rows of another node, which came whole and sound.
    Received(Received),
}

/// The snapshots of one group: the latest counts.
#[derive(Clone)]
pub(crate) struct Snapshots {
    rows: Arc<RowStore>,
    published: Arc<Published>,
    latest: Arc<Mutex<Option<SnapshotMeta>>>,
    /// Last, so that it is dropped after the rows.
    _in_use: mpsc::Sender<Infallible>,
}

impl Snapshots {
    /// Snapshots of rows that have on disk what `found` says. Nothing is ever received: the receiver
    /// ends once no clone of these, and no builder, uses the rows any more.
    pub(crate) fn new(
        rows: Arc<RowStore>,
        published: Arc<Published>,
        found: &Applied,
    ) -> (Self, mpsc::Receiver<Infallible>) {
        let latest = found.last.is_some().then(|| meta(found));
        let (in_use, ended) = mpsc::channel(1);
        let snapshots = Self {
            rows,
            published,
            latest: Arc::new(Mutex::new(latest)),
            _in_use: in_use,
        };
        (snapshots, ended)
    }

    /// The latest one.
    pub(super) fn current(&self) -> Option<Snapshot> {
        let meta = self.latest().clone()?;
        Some(self.of(meta))
    }

    /// Other rows took the place of all, and are on disk.
    pub(super) fn installed(&self, applied: &Applied) {
        *self.latest() = Some(meta(applied));
    }

    fn of(&self, meta: SnapshotMeta) -> Snapshot {
        Snapshot {
            meta,
            snapshot: SnapshotData::Own(Arc::downgrade(&self.rows)),
        }
    }

    fn latest(&self) -> MutexGuard<'_, Option<SnapshotMeta>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn builder(&self) -> SnapshotBuilder {
        SnapshotBuilder(self.clone())
    }
}

/// Takes a snapshot, while entries go on being applied.
pub(crate) struct SnapshotBuilder(Snapshots);

impl RaftSnapshotBuilder<TypeConfig> for SnapshotBuilder {
    type SnapshotData = SnapshotData;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        // Gone with the flush, and so before this.
        let rows = Arc::clone(&self.0.rows);
        // What is published is written: the flush takes it along.
        let until = self.0.published.view().now;
        let applied = blocking(move || flush(&rows, until)).await?;
        tracing::info!(index = applied.last.map(|it| it.index), "rows flushed");
        let meta = meta(&applied);
        let mut latest = self.0.latest();
        // What was installed meanwhile may be newer.
        if latest.as_ref().map(|it| it.last_log_id) < Some(meta.last_log_id) {
            *latest = Some(meta.clone());
        }
        Ok(self.0.of(meta))
    }
}

fn meta(applied: &Applied) -> SnapshotMeta {
    SnapshotMeta {
        last_log_id: applied.last,
        last_membership: applied.membership.clone(),
    }
}

/// Flushes the rows, and reads back from the disk how far they are. Their log time is then `until`
/// at the least, so what has expired by then may go.
fn flush(rows: &RowStore, until: Timestamp) -> io::Result<Applied> {
    rows.flush()?;
    let flushed = rows.applied_flushed()?;
    rows.expire_until(until);
    Ok(flushed
        .map(|it| decode_applied(&it))
        .transpose()?
        .unwrap_or_default())
}
