//! Three nodes under load, whose leader is killed over and over: at random instants, and where a
//! failpoint is armed. Then all are killed at once.
//!
//! After each kill, callers that had nothing to do with it submit until one of them is answered:
//! that is how long the cluster was away.

use std::path::Path;
use std::time::{Duration, Instant};

use rand::RngExt;

use crate::fleet::Fleet;
use crate::server::StartError;
use crate::trial::{AWAY_LIMIT, Outcome, Trial};

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
/// How long the load runs before a kill, in milliseconds.
const CALM_MS: std::ops::Range<u64> = 200..1500;
/// An armed node that has not died by then is helped to lead.
const LEAD_AFTER: Duration = Duration::from_secs(2);

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// From each kill of a leader to the first submit after it that was accepted.
    pub away: Vec<Duration>,
    /// Deaths at failpoints.
    pub deaths: usize,
    /// What clients and sessions saw.
    pub outcome: Outcome,
}

impl Report {
    /// The time within which the cluster was back after so many of a hundred kills.
    #[must_use]
    pub fn away_percentile(&self, percent: usize) -> Duration {
        percentile(&self.away, percent)
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
    let mut trial = Trial::begin(Fleet::new(program, dir, NODES)?).await?;
    let mut away = Vec::new();
    for _ in 0..kills {
        let calm = rand::rng().random_range(CALM_MS);
        tokio::time::sleep(Duration::from_millis(calm)).await;
        let leader = trial.fleet.leader().await?;
        let probes = trial.probes();
        trial.fleet.kill(leader);
        let time = Trial::accepted(&probes).await.unwrap_or(AWAY_LIMIT);
        away.push(time);
        progress(away.len(), time);
        trial.restore().await?;
    }
    for point in POINTS {
        die_at(&mut trial.fleet, point).await?;
    }
    for at in trial.fleet.all() {
        trial.fleet.kill(at);
    }
    trial.restore().await?;
    Ok(Report {
        away,
        deaths: POINTS.len(),
        outcome: trial.end().await,
    })
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
    fleet.serving(&fleet.all()).await
}

/// The time within which so many of a hundred were over.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    let rank = (times.len() * percent).div_ceil(100).max(1);
    times.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_seen() {
        let times: Vec<_> = (1..=30).rev().map(Duration::from_secs).collect();
        assert_eq!(percentile(&times, 50), Duration::from_secs(15));
        assert_eq!(percentile(&times, 99), Duration::from_secs(30));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
