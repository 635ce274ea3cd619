//! What is counted of commands on their way into the log: once an entry, or once a forwarded request.

use std::fmt;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Numbers of commands: up to 16,384.
const COUNT_BUCKETS: u16 = 15;
/// Sizes from 64 bytes: up to 8 MiB.
const BYTES_MIN: f64 = 64.0;
const BYTES_BUCKETS: u16 = 18;

/// The figures of one desk. Clones count together.
#[derive(Clone)]
pub(crate) struct Metrics {
    entry_bytes: Histogram,
    entry_commands: Histogram,
    forwarded: Counter,
    forward_failures: Counter,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            entry_bytes: Histogram::new(exponential_buckets(BYTES_MIN, 2.0, BYTES_BUCKETS)),
            entry_commands: Histogram::new(exponential_buckets(1.0, 2.0, COUNT_BUCKETS)),
            forwarded: Counter::default(),
            forward_failures: Counter::default(),
        }
    }
}

impl Metrics {
    /// Names all figures, and says what they are.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "entry",
            "Size of an entry that this node proposed as the leader",
            Unit::Bytes,
            self.entry_bytes.clone(),
        );
        registry.register(
            "entry_commands",
            "Commands of an entry that this node proposed as the leader",
            self.entry_commands.clone(),
        );
        registry.register(
            "forwarded_commands",
            "Commands that this node sent to the node that leads",
            self.forwarded.clone(),
        );
        registry.register(
            "forward_failures",
            "Requests of this node that the leader had no answer to: not taken, or unknown",
            self.forward_failures.clone(),
        );
    }

    /// An entry was made.
    pub(crate) fn proposed(&self, bytes: usize, commands: usize) {
        self.entry_bytes.observe(small(bytes));
        self.entry_commands.observe(small(commands));
    }

    /// Commands went to the leader.
    pub(crate) fn forwarded(&self, commands: usize) {
        self.forwarded.inc_by(commands as u64);
    }

    /// The leader has no answer to so many requests.
    pub(crate) fn forward_failed(&self, requests: usize) {
        self.forward_failures.inc_by(requests as u64);
    }
}

/// A number of things, to be put into a bucket.
fn small(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
