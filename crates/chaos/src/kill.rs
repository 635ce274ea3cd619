//! The process is killed at each failpoint in turn, under load, and started again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use ackord_client::{Client, Taken, v1};
use rand::RngExt;

use crate::judge::{self, Violation};
use crate::load::{self, Sessions, Submits};
use crate::server::{Site, StartError};
use crate::sink::Sink;

/// Where the process dies; each once a round.
pub const POINTS: [&str; 4] = [
    "before_propose",
    "after_append",
    "after_commit_before_reply",
    "between_row_commit_and_reply",
];

/// Submits at the same time.
const CALLERS: u64 = 32;
/// How long everything may take to be acknowledged once nothing disturbs any more. Longer than
/// the grace of a session and the longest offer together.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(180);

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Distinct keys submitted.
    pub submits: usize,
    /// Times that the process was killed.
    pub kills: usize,
    /// Submits whose first answer was lost: the repetition was answered as a duplicate.
    pub repeated: usize,
    /// Deliveries that sessions saw.
    pub deliveries: usize,
    /// Properties that do not hold.
    pub violations: Vec<Violation>,
}

/// Kills the process at each of [`POINTS`], with `submits` distinct keys in all.
///
/// # Errors
/// The server cannot be started, or does not start again after a kill.
pub async fn run(program: &Path, dir: &Path, submits: u64) -> Result<Report, StartError> {
    let site = Site::new(program, &dir.join("data"), &dir.join("server.log"));
    let sink = Arc::new(Sink::default());
    let (mut process, client) = site.start_serving("").await?;
    let sessions = Sessions::start(&client, &sink);
    let share = submits / POINTS.len() as u64;

    for (n, point) in (0..).zip(POINTS) {
        process.kill();
        let passage = rand::rng().random_range(20..200);
        let mut armed = site.start(&format!("{point}:{passage}"))?;
        let never = Arc::new(AtomicBool::new(false));
        let submits = Submits::new(n * share..(n + 1) * share, CALLERS);
        let submitting = load::submit_all(client.clone(), Arc::clone(&sink), submits, never);
        let dying = async {
            armed.wait().await;
            site.start_serving("").await
        };
        let ((), restarted) = tokio::join!(submitting, dying);
        process = restarted?.0;
    }

    drain(&sink).await;
    let mut violations = judge::judge(&sink.heard());
    violations.extend(judge_histories(&client, &sink).await);
    drop(sessions);
    let heard = sink.heard();
    let answers = heard.submits.values().flatten();
    Ok(Report {
        submits: heard.submits.len(),
        kills: POINTS.len(),
        repeated: answers.filter(|it| it.taken == Taken::Duplicate).count(),
        deliveries: heard.events.values().map(|it| it.seen.len()).sum(),
        violations,
    })
}

/// Waits until every accepted event is acknowledged, or for as long as that may take.
pub async fn drain(sink: &Sink) {
    let begun = Instant::now();
    while begun.elapsed() < DRAIN_LIMIT {
        let (accepted, acked) = sink.progress();
        if acked >= accepted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Judges the histories of all events that were delivered more than once, and of some others.
pub async fn judge_histories(client: &Client, sink: &Sink) -> Vec<Violation> {
    let asked: Vec<String> = {
        let heard = sink.heard();
        let chosen = heard.events.iter().enumerate().filter(|(n, (_, witness))| {
            n % 64 == 0 || witness.seen.iter().any(|it| it.delivery > 1)
        });
        chosen.map(|(_, (event, _))| event.clone()).collect()
    };
    let mut violations = Vec::new();
    for event_id in asked {
        let question = v1::GetEventRequest {
            event_id: event_id.clone(),
            at_least: None,
        };
        match client.get_event(question).await {
            Ok(answer) => {
                let event = answer.event.unwrap_or_default();
                violations.extend(judge::judge_history(&sink.heard(), &event));
            }
            Err(error) => violations.push(Violation {
                property: "every event can be read",
                detail: format!("{event_id}: {error}"),
            }),
        }
    }
    violations
}
