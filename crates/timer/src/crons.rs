//! Ticks of crons: a bounded number is on its way at a time, so that a minute in which thousands
//! are due leaves room for whatever else waits.

use std::time::Duration;

use ackord_core::answer::Reply;
use ackord_core::command::{Actor, Command, DecideTick, Op};
use ackord_machine::Machine;

use crate::deadline::Deadline;
use crate::plan::plan;
use crate::{GATHER, pause_after};

/// Ticks that are proposed at once: an eighth of what an entry takes.
const BATCH: usize = 128;
/// Instants that one round looks at, for all of its crons together: after an outage the rest is for
/// the next rounds.
const STEPS: u64 = 16_384;
/// The same for one cron, which nobody interrupts: about ten milliseconds of a thread that heartbeats
/// need as well.
const STEPS_OF_ONE: u64 = 4_096;
/// Wait while the only ticks that are due are of schedules that this program cannot read: another one
/// may, and what falls due meanwhile waits no longer.
const UNREADABLE: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Crons {
    machine: Machine,
    deadline: Deadline,
    /// Crons that were due and could not be read: whoever asks again asks for so many more.
    unreadable: usize,
}

/// What is due.
struct Due {
    /// What to propose.
    ticks: Vec<DecideTick>,
    /// There may be more.
    more: bool,
}

impl Crons {
    pub(crate) fn new(machine: Machine) -> Self {
        let deadline = Deadline::new(machine.clone(), machine.crons());
        Self {
            machine,
            deadline,
            unreadable: 0,
        }
    }

    /// Never returns.
    pub(crate) async fn run(&mut self) {
        loop {
            self.deadline.due().await;
            let pause = self.decide().await;
            tokio::time::sleep(pause).await;
        }
    }

    /// Proposes the ticks that have waited longest. Answers how long to wait then.
    async fn decide(&mut self) -> Duration {
        let Due { ticks, more } = self.due().await;
        if ticks.is_empty() {
            return match (more, self.unreadable) {
                (true, _) => Duration::ZERO,
                (false, 0) => GATHER,
                (false, _) => UNREADABLE,
            };
        }
        let command = |tick| Command {
            by: Actor::Cluster,
            team: None,
            op: Op::DecideTick(tick),
        };
        let commands = ticks.into_iter().map(command).collect();
        let mut decided = false;
        for result in self.machine.propose_many(commands).await {
            match result {
                Ok(committed) => decided |= matches!(committed.answer, Ok(Reply::Decided(_))),
                Err(error) => {
                    tracing::debug!(%error, "ticks of crons not heard");
                    return pause_after(&error);
                }
            }
        }
        // Where nothing was decided, somebody else was first, or the clocks are apart.
        match decided && self.deadline.is_due() {
            true => Duration::ZERO,
            false => GATHER,
        }
    }

    async fn due(&mut self) -> Due {
        let now = self.machine.log_now();
        let limit = BATCH + self.unreadable;
        let crons = self.machine.due_crons(now, limit).await;
        let mut more = crons.len() == limit;
        let known = std::mem::take(&mut self.unreadable);
        let mut ticks = Vec::with_capacity(crons.len());
        let mut left = STEPS;
        for cron in crons {
            if left == 0 {
                more = true;
                break;
            }
            let given = left.min(STEPS_OF_ONE);
            let mut steps = given;
            match plan(&cron, now, &mut steps) {
                Ok(tick) => ticks.extend(tick),
                Err(error) => {
                    self.unreadable += 1;
                    if self.unreadable > known {
                        tracing::error!(
                            cron = %cron.id, %error,
                            "this program cannot read the schedule: change it, or upgrade"
                        );
                    }
                }
            }
            left -= given - steps;
            tokio::task::yield_now().await;
        }
        ticks.truncate(BATCH);
        Due { ticks, more }
    }
}
