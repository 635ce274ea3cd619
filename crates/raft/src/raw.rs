//! A group of one that applies nothing: what Raft and its log can do on this store and with these
//! settings, to measure the rest against. Not part of the program.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_core::time::Timestamp;
use ackord_store::{LogStore, RowStore};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use openraft::storage::{EntryResponder, RaftStateMachine};
use openraft::{OptionalSend, RaftSnapshotBuilder};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::apply::SnapshotData;
use crate::config::{self, Options};
use crate::contact::Contact;
use crate::error::StartError;
use crate::log::{Log, LogWatch, WriterOptions};
use crate::metrics::Metrics;
use crate::peer::{Alone, Peers};
use crate::record::Applied;
use crate::types::{
    Callback, LeaderId, LogId, Outcome, Payload, Proposal, StoredMembership, TypeConfig,
};

type Raft = openraft::Raft<TypeConfig, Nothing>;
type SnapshotMeta = openraft::SnapshotMeta<LeaderId, u64, String>;
type Snapshot = openraft::Snapshot<LeaderId, u64, String, SnapshotData>;

/// See the module. Leads itself.
pub struct Raw {
    raft: Raft,
    keeper: JoinHandle<()>,
    /// Ends with the last use of the log.
    log_ended: oneshot::Receiver<()>,
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw").finish_non_exhaustive()
    }
}

impl Raw {
    /// Founds a group on an empty log, and waits until it leads. It writes no rows.
    ///
    /// # Errors
    /// The log cannot be used, or Raft has ended.
    pub async fn start(
        options: &Options,
        log: LogStore,
        rows: RowStore,
    ) -> Result<Self, StartError> {
        let config = config::openraft(options)?;
        let (log, log_ended) = Log::open(log, options.faults.clone(), WriterOptions::default())?;
        let watch = log.watch();
        let contact = Arc::new(Contact::new(options.faults.clone()));
        let network = Peers::new(Arc::new(Alone), watch.glance(), contact, Metrics::default());
        let broken = |error: String| StartError::Raft(error);
        let raft = Raft::new(options.node, config, network, log, Nothing::new(rows))
            .await
            .map_err(|error| broken(error.to_string()))?;
        let members = BTreeMap::from([(options.node, String::new())]);
        raft.initialize(members)
            .await
            .map_err(|error| broken(error.to_string()))?;
        raft.wait(None)
            .current_leader(options.node, "leads")
            .await
            .map_err(|error| broken(error.to_string()))?;
        let keep = options.retention.log_bytes_kept;
        let keeper = tokio::spawn(keep_short(raft.clone(), watch, keep));
        Ok(Self {
            raft,
            keeper,
            log_ended,
        })
    }

    /// Proposes an entry; `done` is told whether it was committed.
    pub async fn propose(&self, bytes: Bytes, done: impl FnOnce(bool) + Send + 'static) {
        let proposal = Proposal {
            bytes,
            entry: None,
            origins: Arc::default(),
        };
        let reply = Callback::new(|result: Result<_, _>| done(result.is_ok()));
        // A core that has ended drops the reply.
        let _ = self.raft.client_write_ff(proposal, Some(reply)).await;
    }

    /// Ends the group. Returns once nothing uses its log.
    pub async fn shutdown(self) {
        let Self {
            raft,
            keeper,
            log_ended,
        } = self;
        keeper.abort();
        // It was cut short, whatever it did.
        let _ = keeper.await;
        // Only a core that panicked does not join.
        let _ = raft.shutdown().await;
        drop(raft);
        // Ends by being dropped.
        let _ = log_ended.await;
    }
}

/// Lets go of the log as a node does, once a second.
async fn keep_short(raft: Raft, log: LogWatch, bytes: u64) {
    loop {
        sleep(Duration::from_secs(1)).await;
        let Some(upto) = log.keep_from(bytes).and_then(|it| it.checked_sub(1)) else {
            continue;
        };
        if raft.trigger().snapshot().await.is_err() || raft.trigger().purge_log(upto).await.is_err()
        {
            return;
        }
    }
}

/// The machine that does nothing.
#[derive(Clone)]
struct Nothing {
    applied: Arc<Mutex<Applied>>,
    rows: Arc<RowStore>,
}

impl Nothing {
    fn new(rows: RowStore) -> Self {
        Self {
            applied: Arc::default(),
            rows: Arc::new(rows),
        }
    }

    fn applied(&self) -> MutexGuard<'_, Applied> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meta(&self) -> SnapshotMeta {
        let applied = self.applied().clone();
        SnapshotMeta {
            last_log_id: applied.last,
            last_membership: applied.membership,
        }
    }
}

impl RaftStateMachine<TypeConfig> for Nothing {
    type SnapshotData = SnapshotData;
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        let applied = self.applied();
        Ok((applied.last, applied.membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<EntryResponder<TypeConfig>, io::Error>> + Unpin + OptionalSend,
    {
        while let Some((entry, responder)) = entries.next().await.transpose()? {
            let mut applied = self.applied();
            applied.last = Some(entry.log_id);
            if let Payload::Membership(it) = &entry.payload {
                applied.membership = StoredMembership::new(Some(entry.log_id), it.clone());
            }
            drop(applied);
            if let Some(responder) = responder {
                responder.send(Outcome {
                    index: entry.log_id.index,
                    at: Timestamp::default(),
                    answers: Vec::new(),
                });
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn install_snapshot(
        &mut self,
        _: &SnapshotMeta,
        _: SnapshotData,
    ) -> Result<(), io::Error> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        Ok(None)
    }
}

impl RaftSnapshotBuilder<TypeConfig> for Nothing {
    type SnapshotData = SnapshotData;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        Ok(Snapshot {
            meta: self.meta(),
            snapshot: SnapshotData::Own(Arc::downgrade(&self.rows)),
        })
    }
}
