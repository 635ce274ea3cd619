//! An instant of log time that moves, and the wait for it.

use std::time::Duration;

use ackord_core::planted::{Bug, is_planted};
use ackord_core::time::Timestamp;
use ackord_machine::Machine;
use tokio::sync::watch;

/// Longest sleep: log time is slewed meanwhile, by a small part of it.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// Wait while something is due and another node leads, or none.
const FOLLOW: Duration = Duration::from_millis(250);

/// See the module.
#[derive(Debug)]
pub(crate) struct Deadline {
    machine: Machine,
    at: watch::Receiver<Option<Timestamp>>,
}

impl Deadline {
    pub(crate) fn new(machine: Machine, at: watch::Receiver<Option<Timestamp>>) -> Self {
        Self { machine, at }
    }

    /// Returns once something is due and this node leads.
    pub(crate) async fn due(&mut self) {
        loop {
            let deadline = *self.at.borrow_and_update();
            match deadline.map(|at| self.until(at)) {
                None => self.changed().await,
                Some(Duration::ZERO) if self.machine.status().leads => return,
                Some(Duration::ZERO) if is_planted(Bug::TimerNotArmed) => self.changed().await,
                Some(Duration::ZERO) => tokio::time::sleep(FOLLOW).await,
                Some(wait) => tokio::select! {
                    biased;
                    () = self.changed() => {}
                    () = tokio::time::sleep(wait.min(SLEEP_MAX)) => {}
                },
            }
        }
    }

    pub(crate) fn is_due(&self) -> bool {
        let deadline = *self.at.borrow();
        deadline.is_some_and(|at| self.until(at).is_zero())
    }

    /// Returns when there is another deadline; never once the machine has ended.
    async fn changed(&mut self) {
        if self.at.changed().await.is_err() {
            std::future::pending().await
        }
    }

    fn until(&self, at: Timestamp) -> Duration {
        Duration::from_millis(at.since(self.machine.log_now()).0)
    }
}
