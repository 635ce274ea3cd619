//! Takes events out by the million: a session for each tag, each acknowledging at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ackord_client::{Ended, SessionOptions};

use super::cycle::Clients;
use super::latency::Latencies;
use super::load::{self, Bound, Tickets, merged};
use super::place::Tags;
use super::process::Process;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;

/// A session that is given nothing for so long finds an empty queue.
const EMPTY_AFTER: Duration = Duration::from_secs(20);

/// What a drain was like.
#[derive(Debug, Clone)]
pub(super) struct Drained {
    /// Of each tag.
    pub(super) counts: Vec<u64>,
    pub(super) took: Duration,
    /// The server's processor time.
    pub(super) used: Duration,
    /// From an ack to the next delivery.
    pub(super) dispatch: Latencies,
}

impl Drained {
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Takes so many events of each of the first tags, with a session for each.
pub(super) async fn drain(
    connection: &Connection,
    server: Process,
    tags: &Tags,
    parts: &[u64],
) -> Result<Drained, Failure> {
    let mut clients = Clients::new(connection);
    let mut attached = Vec::with_capacity(parts.len());
    for number in 0..parts.len() {
        let tag = tags.of(number);
        let options = SessionOptions::new(&tag).tag(&tag);
        attached.push(std::sync::Mutex::new(Some(
            clients.next()?.attach(options).await?,
        )));
    }
    let before = server.cpu()?;
    let count = parts.iter().sum();
    let label = format!("drain {count}");
    let sessions = parts.len();
    let outcome = load::run(&label, Bound::count(count), sessions, |number, tickets| {
        let session = attached[number].lock().expect("nobody panics here").take();
        take(
            session.expect("each session starts once"),
            parts[number],
            tickets,
        )
    });
    let outcome = outcome.await?;
    Ok(Drained {
        counts: outcome.callers.iter().map(|(_, count)| *count).collect(),
        took: outcome.took,
        used: server.cpu()?.saturating_sub(before),
        dispatch: merged(outcome.callers.iter().map(|(times, _)| times)),
    })
}

/// One session's part.
async fn take(
    mut session: ackord_client::Session,
    part: u64,
    tickets: Arc<Tickets>,
) -> Result<(Latencies, u64), Failure> {
    let (mut times, mut count) = (Latencies::new(), 0);
    let mut acked: Option<Instant> = None;
    while count < part {
        let next = tokio::time::timeout(EMPTY_AFTER, session.next()).await;
        let delivery = match next {
            Ok(Ok(delivery)) => delivery,
            Ok(Err(ended)) => return Err(broken(&ended)),
            Err(_empty) => break,
        };
        if let Some(acked) = acked {
            times.record(acked.elapsed());
        }
        acked = Some(Instant::now());
        delivery.ack("").await?;
        count += 1;
        tickets.done();
    }
    session.bye().await;
    Ok((times, count))
}

fn broken(ended: &Ended) -> Failure {
    Failure::failed(format!("a session of the bench ended: {ended}"))
}
