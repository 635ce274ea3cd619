//! Ticks of time: for all that the machine knows the instant of.

use std::time::Duration;

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{Actor, Command, Op, Tick};
use ackord_machine::Machine;

use crate::deadline::Deadline;
use crate::{GATHER, RETRY, pause_after};

/// Ticks of one entry, at the most.
const BURST_MAX: usize = 16;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ticks {
    machine: Machine,
    deadline: Deadline,
}

/// What became of some ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ticked {
    /// The last of them acted as well: something may be left.
    Acted,
    /// The last of them found nothing to do.
    Idle,
    /// They were not heard: wait so long.
    NotHeard(Duration),
}

impl Ticks {
    pub(crate) fn new(machine: Machine) -> Self {
        let deadline = Deadline::new(machine.clone(), machine.deadlines());
        Self { machine, deadline }
    }

    /// Never returns.
    pub(crate) async fn run(&mut self) {
        let mut burst = 1;
        loop {
            self.deadline.due().await;
            let pause = match self.tick(burst).await {
                Ticked::Acted if self.deadline.is_due() => {
                    burst = (burst * 2).min(BURST_MAX);
                    continue;
                }
                Ticked::Acted | Ticked::Idle => GATHER,
                Ticked::NotHeard(pause) => pause,
            };
            burst = 1;
            tokio::time::sleep(pause).await;
        }
    }

    async fn tick(&self, burst: usize) -> Ticked {
        let command = Command {
            by: Actor::Cluster,
            team: None,
            op: Op::Tick(Tick),
        };
        let results = self.machine.propose_many(vec![command; burst]).await;
        let last = results.into_iter().next_back();
        match last.expect("a result for each tick") {
            Ok(committed) => acted(committed.answer),
            Err(error) => {
                tracing::debug!(%error, "tick not heard");
                Ticked::NotHeard(pause_after(&error))
            }
        }
    }
}

fn acted(answer: Answer) -> Ticked {
    match answer {
        Ok(Reply::Ticked { done }) if done > 0 => Ticked::Acted,
        Ok(_) => Ticked::Idle,
        Err(rejection) => {
            tracing::error!(%rejection, "tick refused");
            Ticked::NotHeard(RETRY)
        }
    }
}
