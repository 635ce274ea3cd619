//! Lets go of the log: flushes the rows when enough log has come or enough time has gone, then
//! purges what the flushed rows have and nobody needs. The log is never purged past the applied
//! index that was read back from the flushed rows.

use std::time::Duration;

use openraft::async_runtime::{Instant as _, WatchReceiver};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::config::Retention;
use crate::fatal::fatal;
use crate::handle::RaftHandle;
use crate::log::LogWatch;
use crate::runtime::blocking;
use crate::types::Raft;

/// How long after it was heard last a member counts as in touch.
const IN_TOUCH_MAX: Duration = Duration::from_secs(10);

/// Between two looks whether rows are flushed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl RaftHandle {
    /// Flushes the rows. Answers the last entry that they have on disk, which is no earlier than
    /// what is applied now; none: nothing is, or the group has ended.
    pub async fn flush(&self) -> Option<u64> {
        let applied = self.status().applied?;
        loop {
            let flushed = self.status().flushed;
            if flushed >= Some(applied) {
                return flushed;
            }
            // One that is under way may not have all: asked until it does.
            self.inner.raft.trigger().snapshot().await.ok()?;
            sleep(LOOK_EVERY).await;
        }
    }
}

/// See the module.
pub(crate) struct Keeper {
    raft: Raft,
    log: LogWatch,
    retention: Retention,
    /// Bytes of log appended when the rows were flushed last.
    flushed_bytes: u64,
    flushed_when: Instant,
    /// The term in which this node leads, and since when, as far as was seen.
    reign: Option<(u64, Instant)>,
}

impl Keeper {
    pub(crate) fn new(raft: Raft, log: LogWatch, retention: Retention) -> Self {
        Self {
            raft,
            log,
            retention,
            flushed_bytes: 0,
            flushed_when: Instant::now(),
            reign: None,
        }
    }

    /// Runs until Raft has ended, or is asked to.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        while self.check().await {
            tokio::select! {
                biased;
                _ = stopping.wait_for(|it| *it) => return,
                () = sleep(self.retention.check_every) => {}
            }
        }
    }

    /// Whether to go on.
    async fn check(&mut self) -> bool {
        let log = self.log.clone();
        if let Err(error) = blocking(move || log.mark_end()).await {
            fatal("mark end of log", &error);
        }
        if self.is_due() {
            self.flushed_bytes = self.log.appended();
            self.flushed_when = Instant::now();
            if self.raft.trigger().snapshot().await.is_err() {
                return false;
            }
        }
        self.see_reign();
        match self.purge_upto() {
            Some(upto) => self.purge(upto).await,
            None => !self.ended(),
        }
    }

    fn see_reign(&mut self) {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        let term = metrics
            .replication
            .is_some()
            .then_some(metrics.current_term);
        if self.reign.map(|(of, _)| of) != term {
            self.reign = term.map(|it| (it, Instant::now()));
        }
    }

    /// Whether to go on.
    async fn purge(&self, upto: u64) -> bool {
        let is_told = self.raft.trigger().purge_log(upto).await.is_ok();
        // Not before: what is sent to a member that lacks this would begin anew at the same place.
        self.log.let_go(upto);
        is_told
    }

    fn is_due(&self) -> bool {
        let (applied, flushed) = self.applied_and_flushed();
        let bytes = self.log.appended() - self.flushed_bytes;
        let waited: Duration = self.flushed_when.elapsed();
        applied > flushed
            && (bytes >= self.retention.flush_bytes || waited >= self.retention.flush_every)
    }

    /// The last index that may go, if more may go than has gone.
    fn purge_upto(&self) -> Option<u64> {
        let (_, flushed) = self.applied_and_flushed();
        let by_bytes = self.log.keep_from(self.retention.log_bytes_kept)?;
        let last = self.log.last()?.index;
        let by_count = (last + 1).checked_sub(self.retention.log_entries_kept)?;
        let keep = by_bytes.min(by_count).min(self.needed());
        let upto = keep.checked_sub(1)?.min(flushed?);
        (Some(upto) > self.log.purged().map(|it| it.index)).then_some(upto)
    }

    /// The first index that a member in touch needs, as far back as the log is kept for it.
    fn needed(&self) -> u64 {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        let is_new = self
            .reign
            .is_some_and(|(_, since)| since.elapsed() < IN_TOUCH_MAX);
        let in_touch = |node: &u64| {
            let heard = metrics.heartbeat.as_ref().and_then(|it| it.get(node));
            let heard = heard.and_then(Option::as_ref);
            // A new leader has not heard anybody yet.
            heard.map_or(is_new, |it| it.elapsed() < IN_TOUCH_MAX)
        };
        let members = metrics.replication.iter().flatten();
        let next = members
            .filter(|(node, _)| in_touch(node))
            .map(|(_, matching)| matching.map_or(0, |it| it.index + 1));
        let oldest = self.log.keep_from(self.retention.log_bytes_kept_in_touch);
        next.min().unwrap_or(u64::MAX).max(oldest.unwrap_or(0))
    }

    /// The last index applied, and the last one that the snapshot, which is the flushed rows, has.
    fn applied_and_flushed(&self) -> (Option<u64>, Option<u64>) {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        (
            metrics.last_applied.map(|it| it.index),
            metrics.snapshot.map(|it| it.index),
        )
    }

    fn ended(&self) -> bool {
        self.raft.metrics().borrow_watched().running_state.is_err()
    }
}
