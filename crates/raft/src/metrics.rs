//! What is counted and timed here, once an entry, a batch or a sync: never once an event.

use std::fmt;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::progress::Progress;
use crate::types::Vote;

/// Shortest time that is told apart, in seconds, for what touches the disk.
const SECONDS_MIN: f64 = 0.000_1;
/// Each bucket of times ends at twice the time of the one before: up to 26 s.
const SECONDS_BUCKETS: u16 = 19;
/// Numbers of things in a batch: up to 16,384.
const COUNT_BUCKETS: u16 = 15;

/// The figures of one group on this node. Clones count together.
#[derive(Clone)]
pub struct Metrics {
    elections: Counter,
    elections_won: Counter,
    log_write: Histogram,
    log_sync: Histogram,
    log_sync_entries: Histogram,
    apply: Histogram,
    apply_entries: Histogram,
    apply_commands: Histogram,
    snapshots_sent: Counter,
    snapshots_sent_bytes: Counter,
    snapshots_failed: Counter,
    snapshots_installed: Counter,
    /// Whether the log's thread gets on.
    pub log_progress: Progress,
    /// Whether the applying thread gets on.
    pub apply_progress: Progress,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || Histogram::new(exponential_buckets(SECONDS_MIN, 2.0, SECONDS_BUCKETS));
        let count = || Histogram::new(exponential_buckets(1.0, 2.0, COUNT_BUCKETS));
        Self {
            elections: Counter::default(),
            elections_won: Counter::default(),
            log_write: seconds(),
            log_sync: seconds(),
            log_sync_entries: count(),
            apply: seconds(),
            apply_entries: count(),
            apply_commands: count(),
            snapshots_sent: Counter::default(),
            snapshots_sent_bytes: Counter::default(),
            snapshots_failed: Counter::default(),
            snapshots_installed: Counter::default(),
            log_progress: Progress::default(),
            apply_progress: Progress::default(),
        }
    }
}

impl Metrics {
    /// Names all figures, and says what they are.
    pub fn register(&self, registry: &mut Registry) {
        let raft = registry.sub_registry_with_prefix("raft");
        raft.register(
            "elections",
            "Elections in which this node stood",
            self.elections.clone(),
        );
        raft.register(
            "elections_won",
            "Elections that this node won",
            self.elections_won.clone(),
        );
        self.register_log(registry.sub_registry_with_prefix("log"));
        self.register_apply(registry.sub_registry_with_prefix("apply"));
        self.register_snapshots(registry.sub_registry_with_prefix("snapshots"));
    }

    fn register_log(&self, log: &mut Registry) {
        log.register_with_unit(
            "write",
            "Time to write entries to the log, before their sync",
            Unit::Seconds,
            self.log_write.clone(),
        );
        log.register_with_unit(
            "sync",
            "Time of an fsync of the log",
            Unit::Seconds,
            self.log_sync.clone(),
        );
        log.register(
            "sync_entries",
            "Entries that one fsync of the log made durable",
            self.log_sync_entries.clone(),
        );
    }

    fn register_apply(&self, apply: &mut Registry) {
        apply.register_with_unit(
            "batch",
            "Time to apply a batch of entries, from the machine to the last answer",
            Unit::Seconds,
            self.apply.clone(),
        );
        apply.register(
            "batch_entries",
            "Entries of a batch that was applied",
            self.apply_entries.clone(),
        );
        apply.register(
            "batch_commands",
            "Commands of a batch that was applied",
            self.apply_commands.clone(),
        );
    }

    fn register_snapshots(&self, snapshots: &mut Registry) {
        snapshots.register(
            "sent",
            "Snapshots that another node took from this one",
            self.snapshots_sent.clone(),
        );
        snapshots.register_with_unit(
            "sent",
            "Files of the snapshots that another node took from this one",
            Unit::Bytes,
            self.snapshots_sent_bytes.clone(),
        );
        snapshots.register(
            "failed",
            "Snapshots that were begun to be sent, and that the other node did not take",
            self.snapshots_failed.clone(),
        );
        snapshots.register(
            "installed",
            "Snapshots that took the place of this node's rows",
            self.snapshots_installed.clone(),
        );
    }

    /// Node `own` has saved a vote.
    pub(crate) fn voted(&self, own: u64, vote: &Vote) {
        if vote.leader_id.node_id != own {
            return;
        }
        let counter = match vote.committed {
            true => &self.elections_won,
            false => &self.elections,
        };
        counter.inc();
    }

    /// Entries were written to the log.
    pub(crate) fn log_written(&self, took: Duration) {
        self.log_write.observe(took.as_secs_f64());
    }

    /// The log was synced, and so many entries with it.
    pub(crate) fn log_synced(&self, took: Duration, entries: u64) {
        self.log_sync.observe(took.as_secs_f64());
        self.log_sync_entries.observe(small(entries));
    }

    /// A batch was applied.
    pub(crate) fn applied(&self, took: Duration, entries: usize, commands: usize) {
        self.apply.observe(took.as_secs_f64());
        self.apply_entries.observe(small(entries as u64));
        self.apply_commands.observe(small(commands as u64));
    }

    /// Another node took a snapshot of so many bytes, or did not.
    pub(crate) fn snapshot_sent(&self, taken: bool, bytes: u64) {
        if taken {
            self.snapshots_sent.inc();
            self.snapshots_sent_bytes.inc_by(bytes);
        } else {
            self.snapshots_failed.inc();
        }
    }

    /// A snapshot was installed here.
    pub(crate) fn snapshot_installed(&self) {
        self.snapshots_installed.inc();
    }
}

/// A number of things, to be put into a bucket.
fn small(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use openraft::vote::RaftLeaderId;

    use super::*;
    use crate::types::LeaderId;

    #[test]
    fn only_this_nodes_own_elections_count() {
        let metrics = Metrics::default();
        let vote = |node, committed| Vote {
            leader_id: LeaderId::new(3, node),
            committed,
        };
        metrics.voted(1, &vote(2, false));
        metrics.voted(1, &vote(2, true));
        assert_eq!(
            (metrics.elections.get(), metrics.elections_won.get()),
            (0, 0)
        );
        metrics.voted(1, &vote(1, false));
        metrics.voted(1, &vote(1, true));
        assert_eq!(
            (metrics.elections.get(), metrics.elections_won.get()),
            (1, 1)
        );
    }
}
