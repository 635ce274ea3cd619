//! Hosts: machines of the world on which clients run.

use std::net::{IpAddr, Ipv4Addr};

use madsim::net::NetSim;
use madsim::runtime::Handle;
use madsim::task::{JoinHandle, NodeId};

/// A machine. What runs on it dies with it.
#[derive(Debug, Clone)]
pub(super) struct Host {
    id: NodeId,
    name: String,
}

impl Host {
    /// A machine with an address of its own: the kind, and its number within the kind.
    pub(super) fn new(name: String, kind: u8, number: u8) -> Self {
        let ip = IpAddr::V4(Ipv4Addr::new(10, 0, kind, number));
        let node = Handle::current()
            .create_node()
            .name(name.clone())
            .ip(ip)
            .build();
        Self {
            id: node.id(),
            name,
        }
    }

    pub(super) fn node(&self) -> NodeId {
        self.id
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let node = Handle::current()
            .get_node(self.id)
            .expect("a host is never removed");
        node.spawn(future)
    }

    /// All processes on it die at once.
    pub(super) fn crash(&self) {
        Handle::current().kill(self.id);
    }

    /// After a crash: something can run on it again.
    pub(super) fn boot(&self) {
        Handle::current().restart(self.id);
    }

    /// Its processes stand still.
    pub(super) fn pause(&self) {
        Handle::current().pause(self.id);
    }

    /// Its processes go on as if nothing had been.
    pub(super) fn resume(&self) {
        Handle::current().resume(self.id);
    }

    /// Nothing reaches it, and nothing comes from it.
    pub(super) fn clog(&self) {
        NetSim::current().clog_node(self.id);
    }

    /// Messages go on.
    pub(super) fn unclog(&self) {
        NetSim::current().unclog_node(self.id);
    }
}
