//! `ackord bench webhooks`.

use std::time::{Duration, Instant};

use clap::Args;
use tokio::time::sleep_until;

use super::latency::Latencies;
use super::load::{self, Bound, Figures, Shape, Timed, merged};
use super::process::Meter;
use super::provider::Provider;
use crate::cli::connection::Connection;
use crate::cli::dev::WEB_DEFAULT;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// How to send.
#[derive(Debug, Args)]
pub(crate) struct Webhooks {
    /// Where webhooks come in, as `ackord dev` tells; may be said of several nodes
    #[arg(long, value_name = "URL", default_value = WEB_DEFAULT, value_delimiter = ',')]
    url: Vec<String>,
    /// So many a second, whether they are answered or not; the time of each counts from when it was
    /// due. Not said: each caller sends the next one once it is answered
    #[arg(long, value_name = "COUNT")]
    rate: Option<u32>,
    /// Callers, each with one request at a time
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    callers: usize,
    /// Bytes of a body, at least
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    body_bytes: usize,
    #[command(flatten)]
    bound: Bound,
    /// The server's process on this machine, whose processor time is told
    #[arg(long)]
    pid: Option<u32>,
}

impl Webhooks {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client()?;
        let provider = Provider::make(&client, &self.url, self.callers, self.body_bytes).await?;
        let meter = Meter::start(self.pid)?;
        let sent = self.send(&provider).await;
        // What the bench has made goes, whatever came of it.
        let deleted = provider.remove(&client).await;
        let (times, took) = sent?;
        deleted?;
        let shape = Shape {
            bench: "webhooks",
            callers: self.callers,
            sessions: 0,
            tags: 1,
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

    async fn send(&self, provider: &Provider) -> Result<(Latencies, Duration), Failure> {
        let begin = Instant::now();
        let every = self.rate.map(|it| Duration::from_secs(1) / it.max(1));
        let outcome = load::run("webhooks", self.bound, self.callers, |_, tickets| {
            let provider = provider.clone();
            async move {
                let mut times = Latencies::new();
                while let Some(number) = tickets.take() {
                    let request = provider.request(number);
                    let due = match every {
                        Some(every) => {
                            let nanos = every.as_nanos().saturating_mul(number.into());
                            let after = u64::try_from(nanos).unwrap_or(u64::MAX);
                            let due = begin + Duration::from_nanos(after);
                            sleep_until(due.into()).await;
                            due
                        }
                        None => Instant::now(),
                    };
                    provider.sending(request).await?;
                    times.record(due.elapsed());
                    tickets.done();
                }
                Ok(times)
            }
        });
        let outcome = outcome.await?;
        Ok((merged(&outcome.callers), outcome.took))
    }
}
