//! `ackord bench submit`.

use std::time::{Duration, Instant};

use ackord_client::{Client, Event};
use clap::Args;

use super::latency::Latencies;
use super::load::{self, Bound, Figures, Shape, Timed, merged};
use super::place::{Bodies, Tags};
use super::process::Meter;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// How to submit.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// Callers, each with one submit at a time
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    callers: usize,
    /// Tags that the callers are spread over
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    tags: usize,
    /// Bytes of a body, at random
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    body_bytes: usize,
    #[command(flatten)]
    bound: Bound,
    /// The server's process on this machine, whose processor time is told
    #[arg(long)]
    pid: Option<u32>,
}

impl Submit {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client()?;
        let tags = Tags::new("submit", self.tags);
        let bodies = Bodies::new(self.body_bytes);
        let meter = Meter::start(self.pid)?;
        let (times, took) =
            submits("submit", &client, &tags, &bodies, self.callers, self.bound).await?;
        let shape = Shape {
            bench: "submit",
            callers: self.callers,
            sessions: 0,
            tags: tags.count(),
            body_bytes: self.body_bytes,
        };
        let timed = Timed {
            submit: Some(times.view()),
            ..Timed::default()
        };
        let server_us = meter.each_us(times.count())?;
        output.card(&Figures::new(shape, times.count(), took, timed, server_us));
        Ok(())
    }
}

/// A closed loop of submits; the caller's number says its tag. Returns the time of each, and of
/// all.
pub(super) async fn submits(
    label: &str,
    client: &Client,
    tags: &Tags,
    bodies: &Bodies,
    callers: usize,
    bound: Bound,
) -> Result<(Latencies, Duration), Failure> {
    let outcome = load::run(label, bound, callers, |number, tickets| {
        let (client, tag, bodies) = (client.clone(), tags.of(number), bodies.clone());
        async move {
            let mut times = Latencies::new();
            while tickets.take().is_some() {
                let begin = Instant::now();
                client
                    .submit(Event::new("bench", bodies.cut()).tag(&tag))
                    .await?;
                times.record(begin.elapsed());
                tickets.done();
            }
            Ok(times)
        }
    });
    let outcome = outcome.await?;
    Ok((merged(&outcome.callers), outcome.took))
}
