//! Nodes that stand still for a while and do not know it, as on a machine that is moved or starved:
//! SIGSTOP of the leader, of a follower, of all, under load.

use std::path::Path;
use std::time::Duration;

use crate::fleet::Fleet;
use crate::server::StartError;
use crate::trial::{AWAY_LIMIT, Outcome, Trial};

/// Nodes of the cluster.
const NODES: usize = 3;

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Times that nodes stood still.
    pub pauses: usize,
    /// What clients and sessions saw.
    pub outcome: Outcome,
}

/// Lets the leader stand still for `length`, then a follower, then all; `rounds` times.
///
/// # Errors
/// A node does not start, or nobody leads.
pub async fn run(
    program: &Path,
    dir: &Path,
    rounds: u32,
    length: Duration,
    mut progress: impl FnMut(usize),
) -> Result<Report, StartError> {
    let mut trial = Trial::begin(Fleet::new(program, dir, NODES)?).await?;
    let mut violations = Vec::new();
    let mut pauses = 0;
    for _ in 0..rounds {
        for who in ["the leader", "a follower", "all"] {
            let leader = trial.fleet.leader().await?;
            let still = match who {
                "the leader" => vec![leader],
                "a follower" => vec![(leader + 1) % NODES],
                _ => trial.fleet.all(),
            };
            still.iter().for_each(|at| trial.fleet.pause(*at));
            if still.len() < NODES {
                let when = format!("{who} stands still");
                violations.extend(Trial::goes_on(&trial.probes(), &when).await);
            }
            tokio::time::sleep(length).await;
            still.iter().for_each(|at| trial.fleet.resume(*at));
            for at in trial.fleet.all() {
                let probe = trial.client_of(&[at], AWAY_LIMIT);
                let when = format!("node {}, after {who} stood still", at + 1);
                violations.extend(Trial::goes_on(&[probe], &when).await);
            }
            trial.restore().await?;
            pauses += 1;
            progress(pauses);
        }
    }
    let mut outcome = trial.end().await;
    outcome.violations.extend(violations);
    Ok(Report { pauses, outcome })
}
