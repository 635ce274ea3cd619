//! Tells the machine that time passed: when something is due, and only then. An idle cluster hears
//! nothing.
//!
//! Every node runs a [`Timer`]; only the leader's proposes. What one tick does is bounded, so the
//! timer proposes more of them at once while something is left undone. What comes due shortly
//! after a tick waits for the next one, so that many small deadlines make few entries.
//!
//! The ticks of [crons](plan) are commands of their own: what follows a tick is computed here, for
//! the machine knows no time zones.

mod crons;
mod deadline;
pub mod plan;
mod ticks;

use std::future::Future;
use std::time::Duration;

use ackord_machine::{Machine, ProposeError};

use crons::Crons;
use ticks::Ticks;

/// Time between two rounds, unless the first one has left something undone. No promise of the
/// machine is finer than this.
const GATHER: Duration = Duration::from_millis(10);
/// Wait after commands that were not heard, unless something else is said.
const RETRY: Duration = Duration::from_millis(100);

/// See the crate.
#[derive(Debug)]
pub struct Timer {
    ticks: Ticks,
    crons: Crons,
}

impl Timer {
    /// The timer of this node. A machine has one.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        Self {
            ticks: Ticks::new(machine.clone()),
            crons: Crons::new(machine),
        }
    }

    /// Runs until `stop`.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.ticks.run() => {}
            () = self.crons.run() => {}
        }
    }
}

/// How long to wait after this.
fn pause_after(error: &ProposeError) -> Duration {
    match error {
        ProposeError::Overloaded { retry_after } => *retry_after,
        ProposeError::NotLeader { .. }
        | ProposeError::TooLarge { .. }
        | ProposeError::Unknown
        | ProposeError::ShuttingDown => RETRY,
    }
}
