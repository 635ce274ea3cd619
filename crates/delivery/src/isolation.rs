//! A node that has lost the others holds no sessions: they may be with another node by now, and
//! what they answer here counts for nothing.

use std::future::Future;

use ackord_machine::Machine;

use crate::delivery::Closed;
use crate::hub::Hub;

/// See the module.
#[derive(Debug)]
pub struct Isolation {
    machine: Machine,
    hub: Hub,
}

impl Isolation {
    /// For the streams of this node.
    #[must_use]
    pub fn new(machine: Machine, hub: Hub) -> Self {
        Self { machine, hub }
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.watch() => {}
        }
    }

    async fn watch(&self) {
        loop {
            self.machine.isolated().await;
            tracing::warn!(streams = self.hub.len(), "this node has lost the others");
            self.hub.change(|it| it.close_all(Closed::Isolated));
            self.machine.in_touch().await;
            tracing::info!("this node has found the others again");
            self.hub.change(|it| it.rejoin());
        }
    }
}
