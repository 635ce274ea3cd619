//! Committed entries on their way into the machine: gathered into batches, held until this node's
//! own log has them on disk, then applied by the [`Applier`] on its own thread.

mod applier;
mod listeners;
#[cfg(madsim)]
mod planted;
mod publish;
mod snapshot;
mod view;

use std::io;
use std::sync::Arc;

use ackord_store::Received;
use futures::{Stream, StreamExt};
use openraft::OptionalSend;
use openraft::storage::{ApplyResponder, EntryResponder, RaftStateMachine};
use tokio::sync::{mpsc, oneshot};

use crate::gate::Gate;
use crate::log::{Announcer, size};
use crate::record::{Applied, encode_applied};
use crate::types::{LogId, Payload, StoredMembership, TypeConfig};

pub(crate) use applier::{Applier, Job};
pub(crate) use publish::Published;
pub use publish::{Actions, Lagged};
pub(crate) use snapshot::{Snapshot, SnapshotData, SnapshotMeta, Snapshots};
pub use view::{Directory, View};

use snapshot::SnapshotBuilder;

/// Entries that one batch takes at the most.
const BATCH_ENTRIES_MAX: usize = 64;
/// Encoded bytes that one batch takes at the most, unless its first entry alone is larger.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// Who proposed an entry here, and waits for its answers.
pub(crate) type Responder = ApplyResponder<TypeConfig>;

/// An entry, and who waits for its answers.
pub(crate) type Item = EntryResponder<TypeConfig>;

/// The machine as openraft sees it.
pub(crate) struct StateMachine {
    jobs: mpsc::Sender<Job>,
    /// How far this node's own log is on disk.
    durable: Arc<Gate>,
    applied: Applied,
    snapshots: Snapshots,
    announcer: Announcer,
    /// Dropped with this: nothing is applied any more.
    _applies: oneshot::Sender<()>,
}

impl StateMachine {
    pub(crate) fn new(
        jobs: mpsc::Sender<Job>,
        durable: Arc<Gate>,
        applied: Applied,
        snapshots: Snapshots,
        announcer: Announcer,
        applies: oneshot::Sender<()>,
    ) -> Self {
        Self {
            jobs,
            durable,
            applied,
            snapshots,
            announcer,
            _applies: applies,
        }
    }

    /// Applies a batch; returns once its rows are written and its answers given.
    async fn run(&mut self, batch: Vec<Item>) -> io::Result<()> {
        for (entry, _) in &batch {
            self.applied.last = Some(entry.log_id);
            if let Payload::Membership(it) = &entry.payload {
                self.applied.membership = StoredMembership::new(Some(entry.log_id), it.clone());
            }
        }
        let last = self.applied.last.map_or(0, |it| it.index);
        // Rows never lead the durable log.
        self.durable.passed(last).await;
        let (done, finished) = oneshot::channel();
        let applied = encode_applied(&self.applied);
        let job = Job::Apply {
            batch,
            applied,
            done,
        };
        self.give(job).await?;
        finished.await.map_err(|_| applier_gone())
    }

    /// Puts other rows in the place of all of this node's. From the announcement on a start finds
    /// the old rows or the new ones, and the log right for both.
    async fn install(&mut self, applied: Applied, received: Received) -> io::Result<()> {
        self.announcer.installing(encode_applied(&applied)).await?;
        let (done, finished) = oneshot::channel();
        let last = applied.last.ok_or_else(snapshot_of_nothing)?;
        let job = Job::Install {
            received,
            last,
            done,
        };
        self.give(job).await?;
        finished.await.map_err(|_| applier_gone())?;
        self.snapshots.installed(&applied);
        self.applied = applied;
        Ok(())
    }

    async fn give(&self, job: Job) -> io::Result<()> {
        self.jobs.send(job).await.map_err(|_| applier_gone())
    }
}

fn snapshot_of_nothing() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a snapshot of nothing")
}

fn applier_gone() -> io::Error {
    io::Error::other("the applier has ended")
}

/// The next entries, as many as one batch takes; none at the end.
async fn gather<S>(entries: &mut S) -> io::Result<Vec<Item>>
where
    S: Stream<Item = Result<Item, io::Error>> + Unpin,
{
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH_ENTRIES_MAX && bytes < BATCH_BYTES_MAX {
        let Some(item) = entries.next().await.transpose()? else {
            break;
        };
        bytes += size(&item.0);
        batch.push(item);
    }
    Ok(batch)
}

impl RaftStateMachine<TypeConfig> for StateMachine {
    type SnapshotData = SnapshotData;
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        Ok((self.applied.last, self.applied.membership.clone()))
    }

    async fn apply<S>(&mut self, entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<Item, io::Error>> + Unpin + OptionalSend,
    {
        let mut entries = entries.fuse();
        loop {
            let batch = gather(&mut entries).await?;
            if batch.is_empty() {
                return Ok(());
            }
            self.run(batch).await?;
        }
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder {
        self.snapshots.builder()
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        data: SnapshotData,
    ) -> Result<(), io::Error> {
        let SnapshotData::Received(received) = data else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the rows are this node's own",
            ));
        };
        let applied = Applied {
            last: meta.last_log_id,
            membership: meta.last_membership.clone(),
        };
        self.install(applied, received).await
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        Ok(self.snapshots.current())
    }
}
