//! Once a second, while there is something to tell: one report to the machine, and a look at the
//! tokens of the open streams.

use std::future::Future;
use std::time::Duration;

use ackord_core::command::{Actor, Command, Confirm, Op};
use ackord_core::id::NodeId;
use ackord_machine::{Machine, ProposeError};

use crate::hub::Hub;

/// Long enough to gather many, short enough that a written offer is confirmed well before it
/// runs out.
const EVERY: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub struct Beat {
    machine: Machine,
    node: NodeId,
    hub: Hub,
}

impl Beat {
    /// For the streams of this node.
    #[must_use]
    pub fn new(machine: Machine, node: NodeId, hub: Hub) -> Self {
        Self { machine, node, hub }
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.beat() => {}
        }
    }

    async fn beat(&self) {
        loop {
            self.hub.news().await;
            tokio::time::sleep(EVERY).await;
            self.check_tokens();
            self.report().await;
        }
    }

    /// Closes the streams of tokens that have ended, and of those whose end was not heard of.
    fn check_tokens(&self) {
        let (view, now) = (self.machine.view(), self.machine.log_now());
        let live = |hash: &[u8; 32]| {
            let token = view.directory.token(hash);
            token.is_some_and(|it| it.is_live(now))
        };
        self.hub.change(|it| {
            it.check_tokens(|token| live(&token.hash));
            it.beat();
        });
    }

    async fn report(&self) {
        let parts = self.hub.change(|it| it.report.take(self.node));
        if parts.is_empty() {
            return;
        }
        let commands = parts.iter().cloned().map(command).collect();
        let results = self.machine.propose_many(commands).await;
        for (part, result) in parts.into_iter().zip(results) {
            match result.map(|it| it.answer) {
                Ok(Ok(_)) => {}
                Ok(Err(rejection)) => tracing::error!(%rejection, "report refused"),
                Err(error) => self.keep(part, &error),
            }
        }
    }

    /// Tells it again with the next one: a report that was heard before changes nothing.
    fn keep(&self, part: Confirm, error: &ProposeError) {
        tracing::debug!(%error, "report not heard");
        self.hub.change(|it| it.report.put_back(part));
    }
}

fn command(confirm: Confirm) -> Command {
    Command {
        by: Actor::Cluster,
        team: None,
        op: Op::Confirm(confirm),
    }
}
