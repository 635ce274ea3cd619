//! `ackord bench cycle`: submit, delivery, ack.
//!
//! Each event says in its body who waits for it. The session that acknowledged it tells that
//! caller, which then submits the next one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ackord_client::{Client, Delivery, Event, SessionOptions};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use clap::Args;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::latency::Latencies;
use super::load::{self, Bound, Figures, Shape, Tickets, Timed, merged};
use super::place::{Bodies, Tags};
use super::process::Meter;
use crate::cli::connection::{Connection, Who};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, note};

/// Streams of one connection: servers allow a bounded number.
const SESSIONS_PER_CONNECTION: usize = 64;
/// The caller's number, in front of a body.
const HEAD_BYTES: usize = 8;

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Cycle {
    /// Callers, each with one event at a time
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    callers: usize,
    /// Sessions that take the events and acknowledge them at once
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    sessions: usize,
    /// Tags that callers and sessions are spread over
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    tags: usize,
    /// Bytes of a body, at random; at least 8
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    body_bytes: usize,
    #[command(flatten)]
    bound: Bound,
    /// The server's process on this machine, whose processor time is told
    #[arg(long)]
    pid: Option<u32>,
}

/// When an event came, and when its ack was answered.
#[derive(Debug, Clone, Copy)]
struct Done {
    delivered: Instant,
    acked: Instant,
}

/// What one caller timed.
struct Times {
    submit: Latencies,
    deliver: Latencies,
    cycle: Latencies,
}

/// The way back to each caller.
type Callers = Arc<Vec<mpsc::UnboundedSender<Done>>>;

impl Cycle {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let tags = Tags::new("cycle", self.tags);
        let cycles = Cycles::start(connection, &tags, self.sessions, self.callers).await?;
        let bodies = Bodies::new(self.body_bytes.saturating_sub(HEAD_BYTES));
        let meter = Meter::start(self.pid)?;
        let (count, took, timed) = cycles.run("cycle", &tags, &bodies, self.bound).await?;
        let shape = Shape {
            bench: "cycle",
            callers: self.callers,
            sessions: self.sessions,
            tags: tags.count(),
            body_bytes: self.body_bytes.max(HEAD_BYTES),
        };
        let server_us = meter.each_us(count)?;
        output.card(&Figures::new(shape, count, took, timed, server_us));
        Ok(())
    }
}

/// Sessions at work, and callers to be.
pub(super) struct Cycles {
    client: Client,
    sessions: Vec<Session>,
    answers: Vec<mpsc::UnboundedReceiver<Done>>,
}

impl Cycles {
    /// Attaches the sessions.
    pub(super) async fn start(
        connection: &Connection,
        tags: &Tags,
        sessions: usize,
        callers: usize,
    ) -> Result<Self, Failure> {
        let (told, answers): (Vec<_>, Vec<_>) =
            (0..callers).map(|_| mpsc::unbounded_channel()).unzip();
        let told = Arc::new(told);
        let mut clients = Clients::new(connection);
        let mut at_work = Vec::with_capacity(sessions);
        for number in 0..sessions {
            let tag = tags.of(number);
            let options = SessionOptions::new(format!("{tag}-{number}")).tag(tag);
            let session = clients.next()?.attach(options).await?;
            let told = told.clone();
            at_work.push(Session(tokio::spawn(serve(session, told))));
        }
        Ok(Self {
            client: connection.client()?,
            sessions: at_work,
            answers,
        })
    }

    /// Runs the callers; each waits for its event's ack before the next.
    pub(super) async fn run(
        self,
        label: &str,
        tags: &Tags,
        bodies: &Bodies,
        bound: Bound,
    ) -> Result<(u64, Duration, Timed), Failure> {
        let callers = self.answers.len();
        let answers: Vec<_> = self
            .answers
            .into_iter()
            .map(|it| std::sync::Mutex::new(Some(it)))
            .collect();
        let outcome = load::run(label, bound, callers, |number, tickets| {
            let answers = answers[number].lock().expect("nobody panics here").take();
            let caller = Caller {
                number,
                tag: tags.of(number),
                client: self.client.clone(),
                bodies: bodies.clone(),
                answers: answers.expect("each caller starts once"),
            };
            caller.run(tickets)
        });
        let outcome = outcome.await?;
        drop(self.sessions);
        let all = |which: fn(&Times) -> &Latencies| merged(outcome.callers.iter().map(which));
        let cycle = all(|it| &it.cycle);
        let timed = Timed {
            submit: Some(all(|it| &it.submit).view()),
            deliver: Some(all(|it| &it.deliver).view()),
            after: None,
            cycle: Some(cycle.view()),
        };
        Ok((cycle.count(), outcome.took, timed))
    }
}

/// A session at work; ends with the loop.
struct Session(JoinHandle<()>);

impl Drop for Session {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One caller.
struct Caller {
    number: usize,
    tag: String,
    client: Client,
    bodies: Bodies,
    answers: mpsc::UnboundedReceiver<Done>,
}

impl Caller {
    async fn run(mut self, tickets: Arc<Tickets>) -> Result<Times, Failure> {
        let mut times = Times {
            submit: Latencies::new(),
            deliver: Latencies::new(),
            cycle: Latencies::new(),
        };
        while tickets.take().is_some() {
            let begin = Instant::now();
            let event = Event::new("bench", self.body()).tag(&self.tag);
            self.client.submit(event).await?;
            times.submit.record(begin.elapsed());
            let gone = || Failure::failed("all sessions of the bench have ended");
            let done = self.answers.recv().await.ok_or_else(gone)?;
            times.deliver.record(done.delivered - begin);
            times.cycle.record(done.acked - begin);
            tickets.done();
        }
        Ok(times)
    }

    fn body(&self) -> Bytes {
        let random = self.bodies.cut();
        let mut body = BytesMut::with_capacity(HEAD_BYTES + random.len());
        body.put_u64(self.number as u64);
        body.put(random);
        body.freeze()
    }
}

/// Acknowledges each event at once and tells its caller.
async fn serve(mut session: ackord_client::Session, callers: Callers) {
    while let Ok(delivery) = session.next().await {
        let delivered = Instant::now();
        if let Err(error) = delivery.ack("").await {
            note(format!("ack of {}: {error}", delivery.event_id));
            continue;
        }
        if let Some(caller) = caller_of(&delivery).and_then(|it| callers.get(it)) {
            // A caller that has its count waits for nothing more.
            let _done = caller.send(Done {
                delivered,
                acked: Instant::now(),
            });
        }
    }
}

fn caller_of(delivery: &Delivery) -> Option<usize> {
    let mut body = delivery.body.clone();
    (body.len() >= HEAD_BYTES)
        .then(|| body.get_u64())
        .and_then(|it| usize::try_from(it).ok())
}

/// Clients with a connection for a number of sessions each.
pub(super) struct Clients<'a> {
    connection: &'a Connection,
    present: Option<Client>,
    used: usize,
}

impl<'a> Clients<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            present: None,
            used: 0,
        }
    }

    /// The client of the next session.
    pub(super) fn next(&mut self) -> Result<&Client, Failure> {
        if self.used.is_multiple_of(SESSIONS_PER_CONNECTION) {
            self.present = Some(self.connection.client_as(Who::Team)?);
        }
        self.used += 1;
        Ok(self.present.as_ref().expect("made for the first session"))
    }
}
