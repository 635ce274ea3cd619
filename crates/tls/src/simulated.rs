//! What TLS is under simulation: nothing.

use prometheus_client::registry::Registry;

/// There is none.
#[derive(Debug, Clone)]
pub enum Acceptor {}

/// There is none.
#[derive(Debug, Clone)]
pub enum Mutual {}

/// There is none.
#[derive(Debug, Clone)]
pub enum Server {}

impl Server {
    /// Never asked.
    #[must_use]
    pub fn acceptor(&self) -> Acceptor {
        match *self {}
    }
}

/// There is none.
#[derive(Debug, Clone)]
pub enum Caller {}

impl Caller {
    /// Never asked.
    #[must_use]
    pub fn may_be_at(&self, _address: &str) -> bool {
        match *self {}
    }
}

/// There are none.
#[derive(Debug, Clone, Default)]
pub struct Metrics;

impl Metrics {
    /// Does nothing.
    pub fn register(&self, _registry: &mut Registry) {}
}
