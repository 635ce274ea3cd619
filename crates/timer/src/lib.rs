//! Tells the machine that time passed: when something is due, and only then. An idle cluster hears
//! nothing.
//!
//! Every node runs a [`Timer`]; only the leader's proposes. What one tick does is bounded, so the
//! timer proposes more of them at once while something is left undone. What comes due shortly
//! after a tick waits for the next one, so that many small deadlines make few entries.

use std::future::Future;
use std::time::Duration;

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{Actor, Command, Op, Tick};
use ackord_core::time::Timestamp;
use ackord_machine::{Machine, ProposeError};
use tokio::sync::watch;

/// Time between two ticks, unless the first one has left something undone. No promise of the
/// machine is finer than this.
const GATHER: Duration = Duration::from_millis(10);
/// Ticks of one entry, at the most.
const BURST_MAX: usize = 16;
/// Longest sleep: log time is slewed meanwhile, by a small part of it.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// Wait while something is due and another node leads, or none.
const FOLLOW: Duration = Duration::from_millis(250);
/// Wait after ticks that were not heard, unless something else is said.
const RETRY: Duration = Duration::from_millis(100);

/// See the crate.
#[derive(Debug)]
pub struct Timer {
    machine: Machine,
    deadlines: watch::Receiver<Option<Timestamp>>,
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

impl Timer {
    /// The timer of this node. A machine has one.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        let deadlines = machine.deadlines();
        Self { machine, deadlines }
    }

    /// Runs until `stop`.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.tick_forever() => {}
        }
    }

    async fn tick_forever(&mut self) {
        let mut burst = 1;
        loop {
            self.due().await;
            let pause = match self.tick(burst).await {
                Ticked::Acted if self.is_due() => {
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

    /// Returns once something is due and this node leads.
    async fn due(&mut self) {
        loop {
            let deadline = *self.deadlines.borrow_and_update();
            match deadline.map(|at| self.until(at)) {
                None => self.deadline_changed().await,
                Some(Duration::ZERO) if self.machine.status().leads => return,
                Some(Duration::ZERO) => tokio::time::sleep(FOLLOW).await,
                Some(wait) => tokio::select! {
                    biased;
                    () = self.deadline_changed() => {}
                    () = tokio::time::sleep(wait.min(SLEEP_MAX)) => {}
                },
            }
        }
    }

    /// Returns when there is another deadline; never once the machine has ended.
    async fn deadline_changed(&mut self) {
        if self.deadlines.changed().await.is_err() {
            std::future::pending().await
        }
    }

    fn is_due(&self) -> bool {
        let deadline = *self.deadlines.borrow();
        deadline.is_some_and(|at| self.until(at).is_zero())
    }

    fn until(&self, at: Timestamp) -> Duration {
        Duration::from_millis(at.since(self.machine.log_now()).0)
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
                match error {
                    ProposeError::Overloaded { retry_after } => Ticked::NotHeard(retry_after),
                    ProposeError::NotLeader { .. }
                    | ProposeError::TooLarge { .. }
                    | ProposeError::Unknown
                    | ProposeError::ShuttingDown => Ticked::NotHeard(RETRY),
                }
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
