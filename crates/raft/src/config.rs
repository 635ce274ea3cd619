//! What can be set about Raft, and the settings of openraft that follow.

use std::sync::Arc;
use std::time::Duration;

use ackord_core::FORMAT;
use openraft::{Config, ConfigError, SnapshotPolicy};

use crate::failpoint::{Bug, Faults};
use crate::metrics::Metrics;

/// Batches of the machine's writes that openraft takes from its inbox in one go.
const API_BATCH: u64 = 256;
/// Messages that may wait for openraft's core before senders wait.
const API_WAITING_MAX: u64 = 4096;
/// Entries of one message to a peer, besides the bound in bytes of a read of the log.
const PAYLOAD_ENTRIES_MAX: u64 = 256;

/// Options of one Raft group on this node.
#[derive(Debug, Clone)]
pub struct Options {
    /// This node.
    pub node: u64,
    /// When a leader is missed.
    pub timing: Timing,
    /// When rows are flushed and the log is let go.
    pub retention: Retention,
    /// The greatest format that this program knows: [`FORMAT`], unless a test is ahead of its time.
    pub format: u32,
    /// Faults on order.
    pub faults: Faults,
    /// Where it is counted and timed.
    pub metrics: Metrics,
    /// Longest time a simulated sync of the log takes; each takes a random part of it.
    #[cfg(madsim)]
    pub sync_max: SyncMax,
}

impl Options {
    /// The defaults for a node.
    pub fn new(node: u64) -> Self {
        Self {
            node,
            timing: Timing::default(),
            retention: Retention::default(),
            format: FORMAT,
            faults: Faults::default(),
            metrics: Metrics::default(),
            #[cfg(madsim)]
            sync_max: SyncMax::new(Duration::from_millis(8)),
        }
    }
}

/// A time that whoever has a clone may change.
#[cfg(madsim)]
#[derive(Debug, Clone, Default)]
pub struct SyncMax(Arc<std::sync::Mutex<Duration>>);

#[cfg(madsim)]
impl SyncMax {
    /// So long at first.
    pub fn new(time: Duration) -> Self {
        Self(Arc::new(std::sync::Mutex::new(time)))
    }

    /// So long from now on.
    pub fn set(&self, time: Duration) {
        *self.lock() = time;
    }

    /// How long it is now.
    pub(crate) fn get(&self) -> Duration {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Duration> {
        self.0.lock().expect("nothing panics while it holds a time")
    }
}

/// How soon a leader is missed. A disk may take a second to sync, so shorter is not better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Between a leader's signs of life.
    pub heartbeat: Duration,
    /// Shortest silence after which a node stands for election. No node does before it is halfway
    /// from here to the longest one.
    pub election_min: Duration,
    /// Longest such silence.
    pub election_max: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(150),
            election_min: Duration::from_millis(600),
            election_max: Duration::from_millis(1200),
        }
    }
}

/// When rows are flushed, and how much of the log stays after that. What is not flushed is what a
/// restart applies again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Flush after so many bytes of log.
    pub flush_bytes: u64,
    /// Flush after this long, if anything was applied.
    pub flush_every: Duration,
    /// The newest bytes of log that stay, for peers that are behind.
    pub log_bytes_kept: u64,
    /// The newest entries of the log that stay, for peers that are behind.
    pub log_entries_kept: u64,
    /// The newest bytes of log that stay for members that are behind and in touch: they need no
    /// second snapshot for what came during the first.
    pub log_bytes_kept_in_touch: u64,
    /// How often all this is looked at.
    pub check_every: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            flush_bytes: 128 << 20,
            flush_every: Duration::from_mins(5),
            log_bytes_kept: 64 << 20,
            log_entries_kept: 1000,
            log_bytes_kept_in_touch: 4 << 30,
            check_every: Duration::from_secs(1),
        }
    }
}

/// How soon a peer that could not be reached is tried again.
const BACKOFF: &str = "50ms 100ms 200ms ...500ms";

/// openraft's settings for these options.
///
/// # Errors
/// The times do not fit together: heartbeat < shortest < longest election timeout.
pub(crate) fn openraft(options: &Options) -> Result<Arc<Config>, ConfigError> {
    let stated = Config {
        heartbeat_interval: millis(options.timing.heartbeat),
        election_timeout_min: millis(options.timing.election_min),
        election_timeout_max: millis(options.timing.election_max),
        ..Config::default()
    };
    stated.validate()?;
    // A node keeps to a leader for openraft's longest timeout after it has heard it, and only then
    // waits for the time that it has drawn: together that is the silence of `Timing`.
    let heartbeat = millis(options.timing.heartbeat);
    let drawn_min = millis(options.timing.election_min / 2).max(heartbeat + 1);
    let lease = millis(options.timing.election_max / 2).max(drawn_min + 1);
    let config = Config {
        cluster_name: "ackord".to_owned(),
        heartbeat_interval: heartbeat,
        election_timeout_min: drawn_min,
        election_timeout_max: lease,
        max_payload_entries: PAYLOAD_ENTRIES_MAX,
        api_batch_capacity: API_BATCH,
        api_channel_size: Some(API_WAITING_MAX),
        // Both belong to this crate: by bytes and time, and never beyond the flushed rows.
        snapshot_policy: SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: u64::MAX,
        // A leader that lost the unsynced end of its log would write other entries under the same
        // names, and followers that have the first ones would never know.
        enable_leader_restore: Some(options.faults.has(Bug::RestoreLeader)),
        // A node that could not win does not unseat a leader that is well.
        enable_pre_vote: Some(true),
        // A leader that is heard but hears nobody falls silent for a while, so that others can stand.
        quorum_loss_probe_interval: Some(millis(options.timing.election_max * 3)),
        backoff: BACKOFF.to_owned(),
        ..Config::default()
    };
    let config = config.validate()?;
    assert!(
        config.enable_leader_restore == Some(false) || options.faults.has(Bug::RestoreLeader),
        "a leader must be elected anew"
    );
    assert_ne!(
        config.allow_log_reversion,
        Some(true),
        "a log that went back is a lost disk"
    );
    Ok(Arc::new(config))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restarted_leader_is_elected_anew() {
        let config = openraft(&Options::new(1)).expect("the defaults fit together");
        assert_eq!(config.enable_leader_restore, Some(false));
        assert_eq!(config.snapshot_policy, SnapshotPolicy::Never);
    }

    #[test]
    fn a_leader_that_fell_silent_is_missed_within_the_times_that_are_set() {
        let options = Options::new(1);
        let config = openraft(&options).expect("the defaults fit together");
        let (min, max) = (options.timing.election_min, options.timing.election_max);
        // openraft waits for the longest, and then for what it has drawn.
        let silence = |drawn: u64| Duration::from_millis(config.election_timeout_max + drawn);
        assert!(silence(config.election_timeout_min) >= min);
        assert!(silence(config.election_timeout_max) <= max);
    }

    #[test]
    fn times_that_do_not_fit_together_are_refused() {
        let mut options = Options::new(1);
        options.timing.election_min = options.timing.heartbeat;
        assert!(openraft(&options).is_err());
    }
}
