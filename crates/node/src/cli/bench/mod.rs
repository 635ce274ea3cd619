//! `ackord bench`: figures from a running cluster. Closed loops: each caller asks, waits for the
//! answer, and asks again; webhooks may be sent at a rate instead.

mod adapter;
mod agents;
mod crons;
mod cycle;
mod drain;
mod fill;
mod host;
mod idle;
mod latency;
mod load;
mod look;
mod place;
mod probe;
mod process;
mod provider;
mod scale;
mod sessions;
mod submit;
mod webhooks;

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
    /// Webhooks: how many a second, and how long until one is answered 2xx
    ///
    /// Makes a source of its own, as GitHub's, and removes it in the end. Nobody takes the events:
    /// they stay in the queue.
    ///
    /// Example: ackord bench webhooks --rate 2000 --callers 256
    Webhooks(webhooks::Webhooks),
    /// Agents: from a webhook to the notification that an agent reads, and to its ack
    ///
    /// Runs the adapters of `ackord channel` in this process, makes a source of its own, and removes
    /// it in the end.
    ///
    /// Example: ackord bench agents --adapters 8 --url http://127.0.0.1:7700
    Agents(agents::Agents),
    /// Sessions: memory and processor time of the nodes, with many idle ones and some busy ones
    ///
    /// Example: ackord bench sessions --idle 5000 --busy 200 --pid "$(pgrep -d, -f 'ackord serve')"
    Sessions(sessions::Sessions),
    /// Ticks of crons that are due at one instant, and what submits feel of them
    ///
    /// Makes crons of its own, and removes them in the end. Nobody takes the events: they stay in the
    /// queue.
    ///
    /// Example: ackord bench crons --crons 10000 --lead 2m
    Crons(crons::Crons),
    /// What crons and delayed events cost a node of the bench's own while none is due
    ///
    /// Looks at processor, memory and disk with nothing, with the crons, with the events, too, and after
    /// a restart.
    ///
    /// Example: ackord bench idle --crons 100000 --events 1000000
    Idle(idle::Idle),
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
            Self::Webhooks(it) => it.run(connection, output).await,
            Self::Agents(it) => it.run(connection, output).await,
            Self::Sessions(it) => it.run(connection, output).await,
            Self::Crons(it) => it.run(connection, output).await,
            Self::Idle(it) => it.run(connection, output).await,
            Self::Scale(it) => it.run(connection, output).await,
        }
    }
}
