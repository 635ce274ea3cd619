//! A follower that is far behind: it is away while bodies of the greatest size are submitted, until
//! nobody's log reaches back to where it left. It dies at each step of taking in a snapshot, comes
//! back, and has all in the end, under load. No process may grow with what the follower lacks.

use std::path::Path;
use std::time::{Duration, Instant};

use ackord_client::v1;

use crate::fleet::Fleet;
use crate::judge::Violation;
use crate::server::StartError;
use crate::trial::{Outcome, Trial};

/// Nodes of the cluster.
const NODES: usize = 3;
/// Bytes of a body: the greatest that is taken.
const BODY_BYTES: usize = 1 << 20;
/// Bodies on their way at the same time.
const CALLERS: u64 = 4;
/// Where the follower dies while it takes in a snapshot.
const POINTS: [&str; 2] = ["before_snapshot_switch", "after_snapshot_switch"];
/// Bytes of memory that a node may come to: far less than what is submitted.
const MEMORY_MAX: u64 = 900 << 20;
/// How long a follower may take to have all.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(120);
/// Between two snapshots that are asked for.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(500);
/// Between two looks at a process.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// The most bytes of memory that a node held.
    pub memory: u64,
    /// From the follower's start to when it had all that was there at that moment.
    pub caught_up: Duration,
    /// What clients and sessions saw.
    pub outcome: Outcome,
}

/// Submits `bodies` bodies while a follower is away.
///
/// # Errors
/// A node does not start, or nobody leads.
pub async fn run(
    program: &Path,
    dir: &Path,
    bodies: u64,
    mut progress: impl FnMut(&str),
) -> Result<Report, StartError> {
    let mut trial = Trial::begin(Fleet::new(program, dir, NODES)?).await?;
    let mut memory = 0;
    let leader = trial.fleet.leader().await?;
    let away = (leader + 1) % NODES;
    trial.fleet.kill(away);
    let left = log_end(&trial.fleet, away).await?;
    progress("the follower is away");
    {
        let large = trial.submit_large(bodies, BODY_BYTES, CALLERS);
        let watched = async {
            loop {
                memory = memory.max(most(&trial.fleet));
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::select! {
            biased;
            () = large => {}
            () = watched => {}
        }
    }
    let mut violations: Vec<_> = purge(&trial.fleet, away, left).await.into_iter().collect();
    for point in POINTS {
        progress(point);
        trial.fleet.start(away, point)?;
        let begun = Instant::now();
        while trial.fleet.ended(away).is_none() && begun.elapsed() < CATCH_UP_LIMIT {
            memory = memory.max(most(&trial.fleet));
            tokio::time::sleep(LOOK_EVERY).await;
        }
        if trial.fleet.ended(away).is_none() {
            let end = trial.fleet.standing(away).await?.last_log_index;
            violations.push(Violation {
                property: "a follower that lacks what no log has takes a snapshot",
                detail: format!("it left at {left}, is at {end}, and never came to {point}"),
            });
            trial.fleet.kill(away);
        }
    }
    progress("the follower is back");
    let goal = trial.fleet.standing(leader).await?.applied_index;
    trial.fleet.start(away, "")?;
    let begun = Instant::now();
    while applied(&trial.fleet, away).await < goal && begun.elapsed() < CATCH_UP_LIMIT {
        memory = memory.max(most(&trial.fleet));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let caught_up = begun.elapsed();
    if caught_up >= CATCH_UP_LIMIT {
        violations.push(Violation {
            property: "a follower catches up",
            detail: format!("not in {CATCH_UP_LIMIT:?}"),
        });
    }
    if memory > MEMORY_MAX {
        violations.push(Violation {
            property: "memory does not grow with what a follower lacks",
            detail: format!("{} MiB", memory >> 20),
        });
    }
    let mut outcome = trial.end().await;
    outcome.violations.extend(violations);
    Ok(Report {
        memory,
        caught_up,
        outcome,
    })
}

/// The last entry that any of the others has: the one that is away has none after it.
async fn log_end(fleet: &Fleet, away: usize) -> Result<u64, StartError> {
    let mut end = 0;
    for at in fleet.all().into_iter().filter(|it| *it != away) {
        end = end.max(fleet.standing(at).await?.last_log_index);
    }
    Ok(end)
}

/// Waits until the logs of the others begin after this entry.
async fn purge(fleet: &Fleet, away: usize, left: u64) -> Option<Violation> {
    let begun = Instant::now();
    for at in fleet.all().into_iter().filter(|it| *it != away) {
        while fleet.purged(at) <= Some(left) {
            if begun.elapsed() >= CATCH_UP_LIMIT {
                return Some(Violation {
                    property: "a log is purged behind a snapshot",
                    detail: format!("node {} still has entry {left}", at + 1),
                });
            }
            let request = v1::TakeSnapshotRequest::default();
            // One that fails is taken again.
            let _ = fleet.operator_of(at).take_snapshot(request).await;
            tokio::time::sleep(SNAPSHOT_EVERY).await;
        }
    }
    None
}

/// The most bytes of memory that a node holds now.
fn most(fleet: &Fleet) -> u64 {
    let all = fleet.all();
    let held = all.iter().filter_map(|at| fleet.memory(*at));
    held.max().unwrap_or_default()
}

/// How far a node has applied the log.
async fn applied(fleet: &Fleet, at: usize) -> u64 {
    let status = fleet.status(at).await;
    status.map_or(0, |it| it.applied_index)
}
