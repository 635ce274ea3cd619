//! The log as openraft sees it. Every write goes through one writer, in order: an entry is
//! readable as soon as it was handed over, and reported once it is on the disk.
//!
//! ```text
//! openraft ── append ──▶ Tail (readable) ──▶ Writer: write, sync, report
//!          ◀── read ──── Tail, or the store for what is older
//! ```

mod ledger;
mod reader;
mod tail;
mod writer;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ackord_core::planted::{Bug, is_planted};
use ackord_store::{Figures, LogStore};
use bytes::Bytes;
use openraft::OptionalSend;
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use tokio::sync::{mpsc, oneshot};

use crate::failpoint::{Faults, Point};
use crate::gate::Gate;
use crate::record;
use crate::types::{Entry, LeaderId, LogId, TypeConfig, Vote};

pub(crate) use reader::LogReader;
pub(crate) use tail::size;
pub(crate) use writer::WriterOptions;

use ledger::Ledger;
use tail::Tail;
use writer::{Op, Writer};

/// Writes that may wait for the writer; openraft waits when there are more.
const OPS_WAITING_MAX: usize = 256;

/// What the log's writer, its readers and openraft share.
pub(crate) struct Shared {
    store: LogStore,
    tail: Mutex<Tail>,
    ledger: Mutex<Ledger>,
    vote: Mutex<Option<Vote>>,
    durable: Arc<Gate>,
    /// The first entry that is to stay.
    kept_from: AtomicU64,
    /// Dropped last, when nobody uses the store any more.
    _in_use: oneshot::Sender<()>,
}

impl Shared {
    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn vote(&self) -> MutexGuard<'_, Option<Vote>> {
        self.vote.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What others may know of the log: how far it is durable, and how large it is.
#[derive(Clone)]
pub(crate) struct LogWatch(Arc<Shared>);

impl LogWatch {
    /// Opens for each index that is on this node's own disk.
    pub(crate) fn durable(&self) -> Arc<Gate> {
        Arc::clone(&self.0.durable)
    }

    /// Notes beside the log how far it is durable. Blocks.
    ///
    /// # Errors
    /// The disk fails.
    pub(crate) fn mark_end(&self) -> io::Result<()> {
        self.0.store.mark_end()
    }

    /// The end of the log: the last entry, or the last one purged.
    pub(crate) fn last(&self) -> Option<LogId> {
        self.0.tail().last()
    }

    /// The last entry purged.
    pub(crate) fn purged(&self) -> Option<LogId> {
        self.0.tail().purged()
    }

    /// Everything up to this index is to be purged: it is sent to nobody any more. openraft purges nothing that
    /// a stream to a member has not sent yet, however slow that member is.
    pub(crate) fn let_go(&self, upto: u64) {
        self.0.kept_from.fetch_max(upto + 1, Ordering::Relaxed);
    }

    /// A look at the log that does not keep it in use.
    pub(crate) fn glance(&self) -> LogGlance {
        LogGlance(Arc::downgrade(&self.0))
    }

    /// How far the rows are that were announced last.
    ///
    /// # Errors
    /// The disk fails.
    pub(crate) fn installing(&self) -> io::Result<Option<Bytes>> {
        self.0.store.installing()
    }

    /// Bytes appended since the process began.
    pub(crate) fn appended(&self) -> u64 {
        self.0.ledger().appended()
    }

    /// The first index to keep, so that the newest `bytes` stay readable; none if that is all.
    pub(crate) fn keep_from(&self, bytes: u64) -> Option<u64> {
        self.0.ledger().keep_from(bytes)
    }
}

/// What may be asked of a log as long as somebody else uses it.
#[derive(Debug, Clone)]
pub(crate) struct LogGlance(Weak<Shared>);

impl LogGlance {
    /// The last entry, or the last one purged; none once the log has ended.
    pub(crate) fn last(&self) -> Option<u64> {
        let last = self.0.upgrade()?.tail().last();
        last.map(|it| it.index)
    }

    /// Whether what comes after this entry is to be purged. None: the beginning of the log.
    pub(crate) fn is_let_go_after(&self, entry: Option<u64>) -> bool {
        let next = entry.map_or(0, |it| it + 1);
        let log = self.0.upgrade();
        log.is_some_and(|it| next < it.kept_from.load(Ordering::Relaxed))
    }

    /// Whom this node's vote is for; none before the first one, and once the log has ended.
    pub(crate) fn voted_for(&self) -> Option<LeaderId> {
        let vote = *self.0.upgrade()?.vote();
        vote.map(|it| it.leader_id)
    }

    /// What the store of the log uses; nothing once the log has ended.
    ///
    /// # Errors
    /// The disk fails.
    pub(crate) fn figures(&self) -> io::Result<Figures> {
        let shared = self.0.upgrade();
        shared.map_or(Ok(Figures::default()), |it| it.store.figures())
    }
}

/// The log of one Raft group, for openraft.
pub(crate) struct Log {
    shared: Arc<Shared>,
    ops: mpsc::Sender<Op>,
    faults: Faults,
    options: WriterOptions,
}

impl Log {
    /// Opens the log on `store` and starts its writer. The receiver ends once nobody uses the
    /// store any more: not the writer, nor a reader, nor a watch.
    ///
    /// # Errors
    /// The store cannot be read, or what it holds is not openraft's.
    pub(crate) fn open(
        store: LogStore,
        faults: Faults,
        options: WriterOptions,
    ) -> io::Result<(Self, oneshot::Receiver<()>)> {
        let purged = store
            .purged()?
            .map(|it| record::decode_log_id(&it))
            .transpose()?;
        let last = match store.last() {
            Some(index) => Some(reader::read_one(&store, index)?),
            None => purged,
        };
        let vote = store
            .vote()?
            .map(|it| record::decode_vote(&it))
            .transpose()?;
        let ledger = Ledger::of(store.milestones());
        let (in_use, released) = oneshot::channel();
        let shared = Arc::new(Shared {
            store,
            tail: Mutex::new(Tail::found(purged, last)),
            ledger: Mutex::new(ledger),
            vote: Mutex::new(vote),
            durable: Arc::new(Gate::new(last.map_or(0, |it| it.index + 1))),
            kept_from: AtomicU64::new(0),
            _in_use: in_use,
        });
        let (ops, inbox) = mpsc::channel(OPS_WAITING_MAX);
        Writer::new(Arc::clone(&shared), faults.clone(), options.clone()).spawn(inbox);
        let log = Self {
            shared,
            ops,
            faults,
            options,
        };
        Ok((log, released))
    }

    pub(crate) fn watch(&self) -> LogWatch {
        LogWatch(Arc::clone(&self.shared))
    }

    /// Where rows are announced that will be ahead of this log.
    pub(crate) fn announcer(&self) -> Announcer {
        Announcer(self.ops.clone())
    }

    async fn send(&self, op: Op) -> io::Result<()> {
        self.ops.send(op).await.map_err(|_| writer_gone())
    }

    /// Hands over a write and waits until it is durable.
    async fn finish(&self, op: impl FnOnce(oneshot::Sender<()>) -> Op) -> io::Result<()> {
        finish(&self.ops, op).await
    }
}

async fn finish(
    ops: &mpsc::Sender<Op>,
    op: impl FnOnce(oneshot::Sender<()>) -> Op,
) -> io::Result<()> {
    let (done, finished) = oneshot::channel();
    ops.send(op(done)).await.map_err(|_| writer_gone())?;
    finished.await.map_err(|_| writer_gone())
}

/// Announces rows that are about to be installed, which will be ahead of the log until it is
/// purged.
pub(crate) struct Announcer(mpsc::Sender<Op>);

impl Announcer {
    /// Notes how far those rows are. Durable on return.
    pub(crate) async fn installing(&self, applied: Bytes) -> io::Result<()> {
        finish(&self.0, |done| Op::Installing { applied, done }).await
    }
}

fn writer_gone() -> io::Error {
    io::Error::other("the log's writer has ended")
}

impl RaftLogStorage<TypeConfig> for Log {
    type LogReader = LogReader;

    async fn get_log_state(&mut self) -> Result<LogState<TypeConfig>, io::Error> {
        let tail = self.shared.tail();
        Ok(LogState {
            last_purged_log_id: tail.purged().filter(|_| !is_planted(Bug::PurgeForgotten)),
            last_log_id: tail.last(),
        })
    }

    async fn get_log_reader(&mut self) -> LogReader {
        LogReader::new(Arc::clone(&self.shared))
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        let bytes = record::encode_vote(vote);
        self.finish(|done| Op::Vote { bytes, done }).await?;
        tracing::info!(term = vote.leader_id.term, "vote saved");
        self.options.metrics.voted(self.options.node, vote);
        self.faults.hit(Point::AfterVote);
        *self.shared.vote() = Some(*vote);
        Ok(())
    }

    async fn append<I>(
        &mut self,
        entries: I,
        flushed: IOFlushed<TypeConfig>,
    ) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        {
            let mut tail = self.shared.tail();
            let mut ledger = self.shared.ledger();
            for entry in &entries {
                ledger.append(entry.log_id.index, size(entry));
                tail.push(entry.clone());
            }
        }
        self.send(Op::Append { entries, flushed }).await
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> Result<(), io::Error> {
        let from = last.map_or(0, |it| it.index + 1);
        self.shared.tail().truncate_after(last);
        self.shared.ledger().truncate(from);
        self.finish(|done| Op::Truncate { from, done }).await
    }

    async fn purge(&mut self, upto: LogId) -> Result<(), io::Error> {
        self.shared.tail().purge(upto);
        self.shared.ledger().purge(upto.index);
        // Nothing rests on it: the tail has let go of them, and what comes after goes after it.
        self.send(Op::Purge { upto }).await
    }
}
