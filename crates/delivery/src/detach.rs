//! Streams that are gone: the machine is told until it has heard.

use std::future::Future;
use std::time::Duration;

use ackord_core::command::{Actor, Command, Detach, Op};
use ackord_machine::Machine;

use crate::hub::Hub;

/// Streams told of at a time.
const BATCH_MAX: usize = 256;
/// Wait before the machine is told again.
const RETRY: Duration = Duration::from_millis(200);

/// See the module.
#[derive(Debug)]
pub struct Detacher {
    machine: Machine,
    hub: Hub,
}

impl Detacher {
    /// For the streams of this node.
    #[must_use]
    pub fn new(machine: Machine, hub: Hub) -> Self {
        Self { machine, hub }
    }

    /// Runs until `stop`, and then until what is lost by then was told once.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.tell_forever() => {}
        }
        self.tell().await;
    }

    async fn tell_forever(&self) {
        loop {
            self.hub.losses().await;
            if !self.tell().await {
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Tells of all that is lost. False if some of it was not heard.
    async fn tell(&self) -> bool {
        loop {
            let lost = self.hub.change(|it| it.take_lost(BATCH_MAX));
            if lost.is_empty() {
                return true;
            }
            let again = self.tell_of(lost).await;
            if !again.is_empty() {
                self.hub.change(|it| it.lost_again(again));
                return false;
            }
        }
    }

    /// Answers those that were not heard.
    async fn tell_of(&self, lost: Vec<Detach>) -> Vec<Detach> {
        let commands = lost.iter().cloned().map(command).collect();
        let results = self.machine.propose_many(commands).await;
        let mut again = Vec::new();
        for (detach, result) in lost.into_iter().zip(results) {
            match result.map(|it| it.answer) {
                Ok(Ok(_)) => {}
                Ok(Err(rejection)) => tracing::error!(%rejection, "detach refused"),
                Err(error) => {
                    tracing::debug!(%error, session = %detach.session, "detach not heard");
                    again.push(detach);
                }
            }
        }
        again
    }
}

pub(crate) fn command(detach: Detach) -> Command {
    Command {
        by: Actor::Cluster,
        team: None,
        op: Op::Detach(detach),
    }
}
