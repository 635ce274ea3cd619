//! Snapshots. The rows on this node's disk are the snapshot: to take one is to flush them, and to
//! tell openraft which entry they have reached, so that it may let go of the log before that. The
//! bytes are not copied anywhere; a checkpoint would pin files that compaction wants to drop.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ackord_core::time::Timestamp;
use ackord_store::RowStore;
use openraft::RaftSnapshotBuilder;

use super::Published;
use crate::record::{Applied, decode_applied};
use crate::runtime::blocking;
use crate::types::{LeaderId, TypeConfig};

pub(crate) type SnapshotMeta = openraft::SnapshotMeta<LeaderId, u64, String>;
pub(crate) type Snapshot = openraft::Snapshot<LeaderId, u64, String, ()>;

/// The snapshots of one group: the latest counts.
#[derive(Clone)]
pub(crate) struct Snapshots {
    rows: Arc<RowStore>,
    published: Arc<Published>,
    latest: Arc<Mutex<Option<SnapshotMeta>>>,
}

impl Snapshots {
    pub(crate) fn new(rows: Arc<RowStore>, published: Arc<Published>) -> Self {
        Self {
            rows,
            published,
            latest: Arc::default(),
        }
    }

    /// The latest one taken by this process.
    pub(super) fn current(&self) -> Option<Snapshot> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone().map(|meta| Snapshot { meta, snapshot: () })
    }

    pub(super) fn builder(&self) -> SnapshotBuilder {
        SnapshotBuilder(self.clone())
    }
}

/// Takes a snapshot, while entries go on being applied.
pub(crate) struct SnapshotBuilder(Snapshots);

impl RaftSnapshotBuilder<TypeConfig> for SnapshotBuilder {
    type SnapshotData = ();

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        let rows = Arc::clone(&self.0.rows);
        // What is published is written: the flush takes it along.
        let until = self.0.published.view().now;
        let applied = blocking(move || flush(&rows, until)).await?;
        let meta = SnapshotMeta {
            last_log_id: applied.last,
            last_membership: applied.membership,
        };
        let mut latest = self.0.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = Some(meta.clone());
        Ok(Snapshot { meta, snapshot: () })
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
