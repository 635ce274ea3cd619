//! `ackord bench agents`: a webhook, the notification that an agent reads, and its ack.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::adapter::{Adapter, Notified};
use super::latency::Latencies;
use super::load::{self, Bound, Figures, Shape, Tickets, Timed, merged};
use super::process::Meter;
use super::provider::Provider;
use crate::cli::channel::connect;
use crate::cli::connection::Connection;
use crate::cli::dev::WEB_DEFAULT;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, note};

/// How many agents, and where webhooks come in.
#[derive(Debug, Args)]
pub(crate) struct Agents {
    /// Where webhooks come in, as `ackord dev` tells; may be said of several nodes
    #[arg(long, value_name = "URL", default_value = WEB_DEFAULT, value_delimiter = ',')]
    url: Vec<String>,
    /// Adapters, as many as callers: each event finds one that waits
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    adapters: usize,
    /// Bytes of a body, at least
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    body_bytes: usize,
    #[command(flatten)]
    bound: Bound,
    /// The server's process on this machine, whose processor time is told
    #[arg(long)]
    pid: Option<u32>,
}

/// When an agent had read of an event, and when its ack was answered.
#[derive(Debug, Clone, Copy)]
struct Done {
    number: u64,
    notified: Instant,
    acked: Instant,
}

/// What one caller timed.
struct Times {
    accepted: Latencies,
    notified: Latencies,
    between: Latencies,
    acked: Latencies,
}

/// The way back to each caller.
type Callers = Arc<Vec<mpsc::UnboundedSender<Done>>>;

impl Agents {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client()?;
        let callers = self.adapters.max(1);
        let provider = Provider::make(&client, &self.url, callers, self.body_bytes).await?;
        let measured = self.measure(connection, &provider, callers).await;
        // What the bench has made goes, whatever came of it.
        let deleted = provider.remove(&client).await;
        let figures = measured?;
        deleted?;
        output.card(&figures);
        Ok(())
    }

    async fn measure(
        &self,
        connection: &Connection,
        provider: &Provider,
        callers: usize,
    ) -> Result<Figures, Failure> {
        let (told, answers): (Vec<_>, Vec<_>) =
            (0..callers).map(|_| mpsc::unbounded_channel()).unzip();
        let told = Arc::new(told);
        let mut agents = Vec::with_capacity(callers);
        for number in 0..callers {
            let adapter =
                Adapter::start(connect(connection.clone()), provider.tag(), number).await?;
            agents.push(Agent(tokio::spawn(work(adapter, told.clone()))));
        }
        let answers: Vec<_> = answers
            .into_iter()
            .map(|it| std::sync::Mutex::new(Some(it)))
            .collect();
        let meter = Meter::start(self.pid)?;
        let outcome = load::run("agents", self.bound, callers, |number, tickets| {
            let answers = answers[number].lock().expect("nobody panics here").take();
            let caller = Caller {
                number,
                callers,
                provider: provider.clone(),
                answers: answers.expect("each caller starts once"),
            };
            caller.run(tickets)
        });
        let outcome = outcome.await?;
        drop(agents);
        let all = |which: fn(&Times) -> &Latencies| merged(outcome.callers.iter().map(which));
        let acked = all(|it| &it.acked);
        let shape = Shape {
            bench: "agents",
            callers,
            sessions: callers,
            tags: 1,
            body_bytes: self.body_bytes,
        };
        let timed = Timed {
            submit: Some(all(|it| &it.accepted).view()),
            deliver: Some(all(|it| &it.notified).view()),
            after: Some(all(|it| &it.between).view()),
            cycle: Some(acked.view()),
        };
        let server_us = meter.each_us(acked.count())?;
        Ok(Figures::new(
            shape,
            acked.count(),
            outcome.took,
            timed,
            server_us,
        ))
    }
}

/// An agent at work; ends with the loop.
struct Agent(JoinHandle<()>);

impl Drop for Agent {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One caller.
struct Caller {
    number: usize,
    callers: usize,
    provider: Provider,
    answers: mpsc::UnboundedReceiver<Done>,
}

impl Caller {
    async fn run(mut self, tickets: Arc<Tickets>) -> Result<Times, Failure> {
        let mut times = Times {
            accepted: Latencies::new(),
            notified: Latencies::new(),
            between: Latencies::new(),
            acked: Latencies::new(),
        };
        // Numbers that no other caller has, and that say whose they are.
        let mut number = self.number as u64;
        while tickets.take().is_some() {
            let begin = Instant::now();
            self.provider.send(number).await?;
            let accepted = Instant::now();
            let done = self.done(number).await?;
            number += self.callers as u64;
            times.accepted.record(accepted - begin);
            times.notified.record(done.notified - begin);
            let between = done.notified.checked_duration_since(accepted);
            times.between.record(between.unwrap_or(Duration::ZERO));
            times.acked.record(done.acked - begin);
            tickets.done();
        }
        Ok(times)
    }

    /// Waits until an agent is done with this event. There may be others before it: the provider has
    /// sent some, to see that all nodes know it.
    async fn done(&mut self, number: u64) -> Result<Done, Failure> {
        loop {
            let gone = || Failure::failed("the agents of the bench have ended");
            let done = self.answers.recv().await.ok_or_else(gone)?;
            if done.number == number {
                return Ok(done);
            }
        }
    }
}

/// Acknowledges each event at once and tells its caller.
async fn work(mut adapter: Adapter, callers: Callers) {
    let ended = loop {
        let told = async {
            let notified = adapter.next().await?;
            let acked = adapter.ack(&notified.event_id).await?;
            Ok::<_, Failure>((notified, acked))
        };
        match told.await {
            Ok((notified, acked)) => {
                let Some(number) = number_of(&notified) else {
                    continue;
                };
                let caller = number % callers.len() as u64;
                // A caller that has its count waits for nothing more.
                let _done = callers[usize::try_from(caller).unwrap_or_default()].send(Done {
                    number,
                    notified: notified.at,
                    acked,
                });
            }
            Err(failure) => break failure,
        }
    };
    note(format!("an agent: {ended}"));
}

/// The number that the body says.
fn number_of(notified: &Notified) -> Option<u64> {
    let (_, behind) = notified.content.split_once("\"number\":")?;
    let digits = behind.find(|it: char| !it.is_ascii_digit())?;
    behind[..digits].parse().ok()
}
