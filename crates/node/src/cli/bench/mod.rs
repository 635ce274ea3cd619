//! `ackord bench`: figures from a running cluster. Closed loops: each caller asks, waits for the
//! answer, and asks again.

mod cycle;
mod drain;
mod fill;
mod host;
mod latency;
mod load;
mod look;
mod place;
mod probe;
mod process;
mod scale;
mod submit;

use clap::Subcommand;

use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Submits: how many a second, and how long one takes
    ///
    /// Nobody takes the events: they stay in the queue.
    ///
    /// Example: ackord bench submit --callers 64
    Submit(submit::Submit),
    /// Full cycles: submit, delivery, ack
    ///
    /// Example: ackord bench cycle --callers 64 --sessions 64 --duration 1m
    Cycle(cycle::Cycle),
    /// What ten million pending events cost a node of the bench's own
    ///
    /// Fills queues, looks at 10^4, 10^5, ... at what a submit, a delivery, the process, its disk
    /// and its restart cost, then drains nearly all and looks again.
    ///
    /// Example: ackord bench scale --events 1000000
    Scale(scale::Scale),
}

impl Bench {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let connection = &connection.patient();
        match self {
            Self::Submit(it) => it.run(connection, output).await,
            Self::Cycle(it) => it.run(connection, output).await,
            Self::Scale(it) => it.run(connection, output).await,
        }
    }
}
