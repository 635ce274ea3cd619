//! Takes events out by the million: a session for each tag, each acknowledging at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ackord_client::{Ended, SessionOptions};

use super::cycle::Clients;
use super::latency::Latencies;
use super::load::{self, Bound, Tickets, merged, rate};
use super::place::Tags;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;

/// A session that is given nothing for so long finds an empty queue.
const EMPTY_AFTER: Duration = Duration::from_secs(60);

/// What a drain was like.
#[derive(Debug, Clone)]
pub(super) struct Drained {
    pub(super) count: u64,
    pub(super) per_second: f64,
    /// From an ack to the next delivery.
    pub(super) dispatch: Latencies,
}

/// Takes `count` events, with `sessions` sessions spread over the tags.
pub(super) async fn drain(
    connection: &Connection,
    tags: &Tags,
    sessions: usize,
    count: u64,
) -> Result<Drained, Failure> {
    let mut clients = Clients::new(connection);
    let mut attached = Vec::with_capacity(sessions);
    for number in 0..sessions {
        let tag = tags.of(number);
        let options = SessionOptions::new(format!("{tag}-{number}")).tag(tag);
        attached.push(std::sync::Mutex::new(Some(
            clients.next()?.attach(options).await?,
        )));
    }
    let begin = Instant::now();
    let outcome = load::run("drain", Bound::count(count), sessions, |number, tickets| {
        let session = attached[number].lock().expect("nobody panics here").take();
        take(session.expect("each session starts once"), tickets)
    });
    let outcome = outcome.await?;
    let dispatch = merged(outcome.callers.iter().map(|(times, _)| times));
    let count = outcome.callers.iter().map(|(_, count)| count).sum();
    Ok(Drained {
        count,
        per_second: rate(count, begin.elapsed()),
        dispatch,
    })
}

/// One session's part.
async fn take(
    mut session: ackord_client::Session,
    tickets: Arc<Tickets>,
) -> Result<(Latencies, u64), Failure> {
    let (mut times, mut count) = (Latencies::new(), 0);
    let mut acked: Option<Instant> = None;
    while tickets.take().is_some() {
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
