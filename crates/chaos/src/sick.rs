//! One node of three has a disk that is slow, or full: the leader's, and a follower's. The others go
//! on; a node whose disk is full ends, says why, and is back once there is room.

use std::path::Path;
use std::time::Duration;

use ackord_powercut::{CutMode, PowerFs};

use crate::blackout::{Blackout, BlackoutError};
use crate::judge::Violation;
use crate::trial::{Outcome, Trial};

/// Nodes of the cluster.
const NODES: usize = 3;
/// How long a slow disk takes to sync: longer than many heartbeats.
const SLOW: Duration = Duration::from_millis(400);
/// How long a usual one does.
const USUAL: Duration = Duration::from_millis(3);
/// How long a disk is slow.
const LENGTH: Duration = Duration::from_secs(5);
/// Bytes that a full disk still takes.
const ROOM: u64 = 100_000;

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Times that a disk was sick.
    pub troubles: usize,
    /// What clients and sessions saw.
    pub outcome: Outcome,
}

/// Lets the disk of the leader be slow, then that of a follower, and then both full in turn.
///
/// # Errors
/// There is no such file system here, or a node does not start on a disk that is well.
pub async fn run(program: &Path, dir: &Path) -> Result<Report, BlackoutError> {
    let mut site = Blackout::begin(program, dir, NODES, "").await?;
    let mut violations = Vec::new();
    let mut troubles = 0;
    for full in [false, true] {
        for leads in [true, false] {
            let leader = site.trial.fleet.leader().await?;
            let at = if leads { leader } else { (leader + 1) % NODES };
            violations.extend(match full {
                false => slow(&site, at).await,
                true => fill(&mut site, at).await?,
            });
            troubles += 1;
        }
    }
    let mut outcome = site.trial.end().await;
    outcome.violations.extend(violations);
    Ok(Report { troubles, outcome })
}

async fn slow(site: &Blackout, at: usize) -> Option<Violation> {
    site.disks[at].set_sync_takes(SLOW);
    let when = format!("the disk of node {} is slow", at + 1);
    let wrong = Trial::goes_on(&site.trial.probes(), &when).await;
    tokio::time::sleep(LENGTH).await;
    site.disks[at].set_sync_takes(USUAL);
    wrong
}

async fn fill(site: &mut Blackout, at: usize) -> Result<Option<Violation>, BlackoutError> {
    let disk = &site.disks[at];
    disk.set_quota(Some(disk.used() + ROOM));
    site.trial.fleet.end(at).await?;
    let said = site.trial.fleet.log_tail(at);
    let when = format!("the disk of node {} is full", at + 1);
    let mut wrong = Trial::goes_on(&site.trial.probes(), &when).await;
    if !said.contains("No space left on device") {
        wrong = wrong.or(Some(Violation {
            property: "the end says why",
            detail: said,
        }));
    }
    empty(disk);
    site.trial.restore().await?;
    Ok(wrong)
}

/// Makes room. What was not synced when the disk was full is gone, as after a restart of the machine.
fn empty(disk: &PowerFs) {
    disk.cut(CutMode::Drop);
    disk.set_quota(None);
    disk.power_on().expect("it was mounted before");
}
