//! The one that writes the log: on a thread of its own, or as a task under simulation. It takes
//! whatever has been handed over, writes it, syncs once for all of it, and then reports.
//!
//! Any error ends the process: after a failed write or sync nobody knows what the disk holds.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use openraft::storage::IOFlushed;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::{OPS_WAITING_MAX, Shared};
use crate::failpoint::{Bug, Faults, Point};
use crate::fatal::fatal;
use crate::metrics::Metrics;
use crate::record;
use crate::types::{Entry, LogId, TypeConfig};

/// Encoded bytes that go into one write; more make several, with one sync.
const WRITE_BYTES_MAX: usize = 8 << 20;

/// One write, in the order in which openraft asked for it.
pub(super) enum Op {
    /// Adds entries; reported after the sync.
    Append {
        entries: Vec<Entry>,
        flushed: IOFlushed<TypeConfig>,
    },
    /// Replaces the vote.
    Vote {
        bytes: Bytes,
        done: oneshot::Sender<()>,
    },
    /// Removes entries from an index on.
    Truncate {
        from: u64,
        done: oneshot::Sender<()>,
    },
    /// Removes entries up to and with one.
    Purge { upto: LogId },
    /// Announces rows that are about to be installed.
    Installing {
        applied: Bytes,
        done: oneshot::Sender<()>,
    },
}

/// How the writer behaves besides what it must do.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriterOptions {
    /// This node.
    pub(crate) node: u64,
    /// Where it is counted and timed.
    pub(crate) metrics: Metrics,
    /// Longest time a simulated sync takes; each takes a random part of it.
    #[cfg(madsim)]
    pub(crate) sync_max: crate::config::SyncMax,
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    faults: Faults,
    options: WriterOptions,
    /// Encoded, not yet handed to the store.
    batch: Vec<(u64, Bytes)>,
    batch_bytes: usize,
    /// The first index that the store does not have.
    next: u64,
    /// Whether something was written since the last sync.
    dirty: bool,
    /// Entries written since the last sync.
    unsynced_entries: u64,
    /// Those who wait for the sync.
    unsynced: Vec<IOFlushed<TypeConfig>>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, faults: Faults, options: WriterOptions) -> Self {
        let next = shared.durable.next();
        Self {
            shared,
            faults,
            options,
            batch: Vec::new(),
            batch_bytes: 0,
            next,
            dirty: false,
            unsynced_entries: 0,
            unsynced: Vec::new(),
        }
    }

    /// Runs until every sender of `inbox` is gone.
    pub(super) fn spawn(mut self, mut inbox: mpsc::Receiver<Op>) {
        #[cfg(not(madsim))]
        std::thread::Builder::new()
            .name("ackord-log".to_owned())
            .spawn(move || {
                let mut ops = Vec::new();
                while inbox.blocking_recv_many(&mut ops, OPS_WAITING_MAX) > 0 {
                    self.write(&mut ops);
                    self.sync();
                }
                self.end();
            })
            .expect("the system can start a thread");
        #[cfg(madsim)]
        tokio::spawn(async move {
            let mut ops = Vec::new();
            while inbox.recv_many(&mut ops, OPS_WAITING_MAX).await > 0 {
                self.write(&mut ops);
                // The write takes time to become durable: this is where power is lost.
                let sync_max = self.options.sync_max.get();
                tokio::time::sleep(sync_max.mul_f64(madsim::rand::random())).await;
                self.sync();
            }
            self.end();
        });
    }

    fn write(&mut self, ops: &mut Vec<Op>) {
        self.options.metrics.log_progress.begins();
        for op in ops.drain(..) {
            match op {
                Op::Append { entries, flushed } => {
                    for entry in &entries {
                        self.add(entry);
                    }
                    self.unsynced.push(flushed);
                }
                Op::Vote { bytes, done } => {
                    self.alone("save vote", done, |it| it.shared.store.save_vote(&bytes))
                }
                Op::Truncate { from, done } => self.alone("truncate log", done, |it| {
                    it.next = it.next.min(from);
                    it.shared.durable.close(from);
                    if it.faults.has(Bug::KeepTruncated) {
                        return Ok(());
                    }
                    it.shared.store.truncate_from(from)
                }),
                Op::Purge { upto } => {
                    self.write_batch();
                    self.next = self.next.max(upto.index + 1);
                    let bytes = record::encode_log_id(upto);
                    or_die("purge log", self.shared.store.purge(upto.index, &bytes));
                }
                Op::Installing { applied, done } => self.alone("announce rows", done, |it| {
                    it.shared.store.save_installing(&applied)
                }),
            }
        }
        self.write_batch();
        if self.faults.has(Bug::AckBeforeSync) {
            self.report();
        }
        if self.faults.has(Bug::RowsLeadLog) {
            self.shared.durable.open(self.next);
        }
    }

    fn add(&mut self, entry: &Entry) {
        let bytes = record::encode_entry(entry);
        self.batch_bytes += bytes.len();
        self.batch.push((entry.log_id.index, bytes));
        if self.batch_bytes >= WRITE_BYTES_MAX {
            self.write_batch();
        }
    }

    fn write_batch(&mut self) {
        let Some((last, _)) = self.batch.last() else {
            return;
        };
        self.next = last + 1;
        let begun = Instant::now();
        or_die("append to log", self.shared.store.append(&self.batch));
        self.options.metrics.log_written(begun.elapsed());
        self.dirty = true;
        self.unsynced_entries += self.batch.len() as u64;
        self.batch.clear();
        self.batch_bytes = 0;
        self.shared.tail().written(self.next);
        self.faults.hit(Point::AfterAppend);
    }

    /// Does what may not overtake earlier writes, nor be overtaken by later ones.
    fn alone(
        &mut self,
        what: &'static str,
        done: oneshot::Sender<()>,
        write: impl FnOnce(&mut Self) -> io::Result<()>,
    ) {
        self.write_batch();
        or_die(what, write(self));
        // Whoever asked may be gone.
        let _ = done.send(());
    }

    fn sync(&mut self) {
        if std::mem::take(&mut self.dirty) {
            let begun = Instant::now();
            or_die("sync log", self.shared.store.sync());
            let entries = std::mem::take(&mut self.unsynced_entries);
            self.options.metrics.log_synced(begun.elapsed(), entries);
            self.report();
        }
        self.options.metrics.log_progress.ends();
    }

    fn end(&self) {
        or_die("mark end of log", self.shared.store.mark_end());
    }

    /// Says, in order, that everything written so far is durable.
    fn report(&mut self) {
        self.shared.durable.open(self.next);
        for flushed in self.unsynced.drain(..) {
            flushed.io_completed(Ok(()));
        }
    }
}

fn or_die(what: &'static str, result: io::Result<()>) {
    if let Err(error) = result {
        fatal(what, &error);
    }
}
