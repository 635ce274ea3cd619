//! What is counted of connections.

use ackord_machine::Counters;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Why a connection was not taken, or was ended, by its place in the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// There are too many.
    Crowded,
    /// There are too many of its address.
    AddressCrowded,
    /// Its handshake did not come about.
    Handshake,
    /// The header of a request took too long.
    SlowHead,
    /// Nothing was asked for long.
    Idle,
    /// It broke the rules of HTTP, or was broken off.
    Broken,
}

/// In the order of [`Ended`].
const ENDED: [&str; 6] = [
    "crowded",
    "address_crowded",
    "handshake",
    "slow_head",
    "idle",
    "broken",
];

/// The figures of an HTTP server. Clones count together.
#[derive(Debug, Clone)]
pub struct ConnectionMetrics {
    open: Gauge,
    ended: Counters,
}

impl Default for ConnectionMetrics {
    fn default() -> Self {
        Self {
            open: Gauge::default(),
            ended: Counters::new("reason", ENDED),
        }
    }
}

impl ConnectionMetrics {
    /// Names all figures, and says what they are.
    pub fn register(&self, registry: &mut Registry) {
        let http = registry.sub_registry_with_prefix("http");
        http.register("connections", "Connections now", self.open.clone());
        let help = "Connections that were refused, or ended, otherwise than by their caller's wish";
        self.ended.register(http, "connections_ended", help);
    }

    pub(crate) fn opened(&self) -> Open {
        self.open.inc();
        Open(self.open.clone())
    }

    pub(crate) fn ended(&self, why: Ended) {
        self.ended.inc(why as usize);
    }
}

/// A connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
