//! Three nodes under load, whose leader is killed over and over: at random instants, and where a
//! failpoint is armed. Then all are killed at once.
//!
//! After each kill, callers that had nothing to do with it submit until one of them is answered:
//! that is how long the cluster was away.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ackord_client::{Client, Event, Taken, v1};
use futures::future::{FutureExt, select_all};
use rand::RngExt;

use crate::fleet::Fleet;
use crate::judge::{self, Violation};
use crate::kill::{self, drain};
use crate::load::{self, Sessions};
use crate::server::StartError;
use crate::sink::Sink;

/// Nodes of the cluster.
const NODES: usize = 3;
/// Where a node dies that may lead by then.
pub const POINTS: [&str; 5] = [
    "before_propose",
    "after_vote",
    "after_append",
    "after_commit_before_reply",
    "between_row_commit_and_reply",
];
/// Clients that submit, and clients of sessions: each begins at a node of its own choice.
const CLIENTS: usize = 6;
/// Submits of each client at the same time.
const CALLERS: u64 = 8;
/// Keys that are there to be submitted: more than a run comes to.
const KEYS: u64 = 100_000_000;
/// Unfinished events that the cluster is asked about.
const EXPLAINED: usize = 5;
/// An armed node that has not died by then is helped to lead.
const LEAD_AFTER: Duration = Duration::from_secs(2);

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Distinct keys accepted.
    pub submits: usize,
    /// Submits whose first answer was lost: the repetition was answered as a duplicate.
    pub repeated: usize,
    /// Deliveries that sessions saw.
    pub deliveries: usize,
    /// From each kill of a leader to the first submit after it that was accepted.
    pub away: Vec<Duration>,
    /// Deaths at failpoints.
    pub deaths: usize,
    /// Properties that do not hold.
    pub violations: Vec<Violation>,
}

impl Report {
    /// The time within which the cluster was back after so many of a hundred kills.
    #[must_use]
    pub fn away_percentile(&self, percent: usize) -> Duration {
        let mut away = self.away.clone();
        away.sort();
        let rank = (away.len() * percent).div_ceil(100).max(1);
        away.get(rank - 1).copied().unwrap_or_default()
    }
}

/// Kills the leader `kills` times, then lets a node die at each of [`POINTS`], then kills all.
///
/// # Errors
/// A node does not start again, or nobody leads.
pub async fn run(
    program: &Path,
    dir: &Path,
    kills: u32,
    mut progress: impl FnMut(usize, Duration),
) -> Result<Report, StartError> {
    let mut fleet = Fleet::new(program, dir, NODES).map_err(|source| StartError::Run {
        program: dir.into(),
        source,
    })?;
    fleet.start_all()?;
    fleet.serving(&[0, 1, 2]).await?;
    let token = fleet.make_team("chaos").await?;
    let sink = Arc::new(Sink::default());
    let clients: Vec<_> = (0..CLIENTS).map(|_| fleet.client(&token)).collect();
    let sessions = Sessions::start_with(&clients, &sink);
    let stop = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn(submit(fleet.client(&token), &token, &fleet, &sink, &stop));

    let mut away = Vec::new();
    for _ in 0..kills {
        let calm = rand::rng().random_range(200..1500);
        tokio::time::sleep(Duration::from_millis(calm)).await;
        let leader = fleet.leader().await?;
        let probes: Vec<_> = (0..NODES).map(|_| fleet.client(&token)).collect();
        fleet.kill(leader);
        let time = first_accepted(&probes).await;
        away.push(time);
        progress(away.len(), time);
        fleet.start_all()?;
        fleet.serving(&[0, 1, 2]).await?;
    }
    for point in POINTS {
        die_at(&mut fleet, point).await?;
    }
    for at in 0..NODES {
        fleet.kill(at);
    }
    fleet.start_all()?;
    fleet.serving(&[0, 1, 2]).await?;
    stop.store(true, Ordering::Relaxed);
    load.await.expect("submitters do not panic");
    drain(&sink).await;

    let mut violations = kill::judge_histories(&clients[0], &sink).await;
    violations.extend(waiting(&clients[0], &sink).await);
    violations.extend(judge::judge(&sink.heard()));
    drop(sessions);
    let heard = sink.heard();
    let answers = heard.submits.values().flatten();
    Ok(Report {
        submits: heard.submits.len(),
        repeated: answers.filter(|it| it.taken == Taken::Duplicate).count(),
        deliveries: heard.events.values().map(|it| it.seen.len()).sum(),
        away,
        deaths: POINTS.len(),
        violations,
    })
}

/// Some of the events that nobody has acknowledged, and what each waits for by the cluster's account.
async fn waiting(client: &Client, sink: &Sink) -> Vec<Violation> {
    let unfinished: Vec<String> = {
        let heard = sink.heard();
        let accepted = heard.submits.values().flatten();
        let done = |it: &str| heard.events.get(it).is_some_and(|it| !it.acked.is_empty());
        let unfinished = accepted.filter(|it| !done(&it.event));
        unfinished
            .take(EXPLAINED)
            .map(|it| it.event.clone())
            .collect()
    };
    let mut violations = Vec::new();
    for event_id in unfinished {
        let question = v1::WhyRequest {
            event_id: event_id.clone(),
            at_least: None,
        };
        let why = match client.why(question).await {
            Ok(why) => format!("{}: {}", why.reason().as_str_name(), why.message),
            Err(error) => error.to_string(),
        };
        violations.push(Violation {
            property: "all work is done in the end",
            detail: format!("{event_id} waits: {why}"),
        });
    }
    let question = v1::ListSessionsRequest::default();
    if let (false, Ok(sessions)) = (violations.is_empty(), client.list_sessions(question).await) {
        let sessions = sessions.sessions.into_iter().map(|it| Violation {
            property: "all work is done in the end",
            detail: format!("while session {} is so: {it:?}", it.key),
        });
        violations.extend(sessions);
    }
    violations
}

/// Submits by several clients at the same time, until it is stopped.
fn submit(
    first: Client,
    token: &str,
    fleet: &Fleet,
    sink: &Arc<Sink>,
    stop: &Arc<AtomicBool>,
) -> impl Future<Output = ()> + Send + 'static {
    let mut clients = vec![first];
    clients.extend((1..CLIENTS).map(|_| fleet.client(token)));
    let share = KEYS / CLIENTS as u64;
    let (sink, stop) = (Arc::clone(sink), Arc::clone(stop));
    let submits = (0..).zip(clients).map(move |(n, client)| {
        let range = n * share..(n + 1) * share;
        load::submit_all(client, Arc::clone(&sink), range, CALLERS, Arc::clone(&stop))
    });
    futures::future::join_all(submits).map(drop)
}

/// From now to the first submit that is accepted.
async fn first_accepted(probes: &[Client]) -> Duration {
    let begun = Instant::now();
    let probe = |client: &Client| {
        let client = client.clone();
        async move {
            while client
                .submit(Event::new("chaos.probe", "").tag("probe"))
                .await
                .is_err()
            {}
        }
        .boxed()
    };
    select_all(probes.iter().map(probe)).await;
    begun.elapsed()
}

/// Lets a node die at a failpoint, with the others' help if it must lead for that, and starts it
/// again.
async fn die_at(fleet: &mut Fleet, point: &str) -> Result<(), StartError> {
    let doomed = fleet.leader().await?;
    fleet.kill(doomed);
    let passage = rand::rng().random_range(20..100);
    let passage = if point == "after_vote" { 1 } else { passage };
    fleet.start(doomed, &format!("{point}:{passage}"))?;
    let mut since = Instant::now();
    while fleet.ended(doomed).is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if since.elapsed() < LEAD_AFTER {
            continue;
        }
        // Somebody else leads, and would go on to.
        let leader = fleet.leader().await?;
        if leader != doomed && fleet.ended(doomed).is_none() {
            fleet.kill(leader);
            fleet.start(leader, "")?;
        }
        since = Instant::now();
    }
    fleet.start_all()?;
    fleet.serving(&[0, 1, 2]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_seen() {
        let mut report = Report {
            submits: 0,
            repeated: 0,
            deliveries: 0,
            away: (1..=30).rev().map(Duration::from_secs).collect(),
            deaths: 0,
            violations: Vec::new(),
        };
        assert_eq!(report.away_percentile(50), Duration::from_secs(15));
        assert_eq!(report.away_percentile(99), Duration::from_secs(30));
        report.away.clear();
        assert_eq!(report.away_percentile(50), Duration::ZERO);
    }
}
