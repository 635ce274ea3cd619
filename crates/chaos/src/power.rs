//! The power is cut at random instants, on a file system that forgets what was not synced.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ackord_powercut::{CutMode, Lost, MountError, Options, PowerFs};
use rand::RngExt;

use crate::judge::{self, Violation};
use crate::kill::{drain, judge_histories};
use crate::load::{self, Round, Sessions};
use crate::server::{Site, StartError};
use crate::sink::Sink;

/// How long the disk takes to sync: what a reply must not overtake.
const SYNC_TAKES: Duration = Duration::from_millis(3);
/// Every so many cuts, one right after a vote.
const VOTE_EVERY: u32 = 4;
/// How long the load runs before a cut, in milliseconds.
const LOAD_MS: std::ops::Range<u64> = 100..1500;

/// Why a campaign could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum PowerError {
    /// The file system could not be mounted.
    #[error("mount the file system")]
    Mount(#[from] MountError),
    /// The server could not be started in the first place.
    #[error("start the server")]
    Start(#[from] StartError),
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Times that the power was cut.
    pub cuts: u32,
    /// What the file system forgot, all cuts together.
    pub lost: Lost,
    /// Distinct keys that were accepted.
    pub accepted: usize,
    /// Properties that do not hold. A node that refuses to start after a cut is one.
    pub violations: Vec<Violation>,
}

/// Cuts the power `cuts` times, every second time with torn writes, and judges after each start.
/// `faults` plants a bug, in the text form of `ACKORD_FAULTS`; the first violation ends the run.
///
/// # Errors
/// There is no such file system here, or the server does not start even once.
pub async fn run(
    program: &Path,
    dir: &Path,
    cuts: u32,
    faults: &str,
    told: impl Fn(u32, usize),
) -> Result<Report, PowerError> {
    let options = Options {
        sync_takes: SYNC_TAKES,
        ..Options::default()
    };
    let disk = PowerFs::mount(dir.join("disk"), &options)?;
    let site = Site::new(program, &disk.path().join("data"), &dir.join("server.log"));
    let sink = Arc::new(Sink::default());
    let mut report = Report {
        cuts: 0,
        lost: Lost::default(),
        accepted: 0,
        violations: Vec::new(),
    };

    let (mut process, client) = site.start_serving(faults).await?;
    let sessions = Sessions::start(&client, &sink);
    while report.cuts < cuts && report.violations.is_empty() {
        let round = Round::begin(&client, &sink, report.cuts.into());
        let wait = rand::rng().random_range(LOAD_MS);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let mode = match report.cuts % 2 {
            0 => CutMode::Drop,
            _ => CutMode::Tear(rand::random()),
        };
        report.lost += disk.cut(mode);
        report.cuts += 1;
        round.stop();
        process.kill();
        disk.power_on()?;
        if report.cuts.is_multiple_of(VOTE_EVERY) {
            report.lost += cut_after_vote(&site, &disk, faults).await?;
            report.cuts += 1;
        }
        match site.start_serving(faults).await {
            Ok((again, _)) => {
                process = again;
                round.end().await;
                load::repeat(&client, &sink).await;
                report.violations.extend(judge::judge_so_far(&sink.heard()));
            }
            // Nobody will answer those who still submit.
            Err(error) => {
                let property = "the node starts again after a power loss";
                report.violations.push(Violation {
                    property,
                    detail: error.to_string(),
                });
            }
        }
        report.violations.extend(judge::judge_votes(&site.terms()));
        told(report.cuts, sink.progress().0);
    }

    if report.violations.is_empty() {
        drain(&sink).await;
        report.violations = judge::judge(&sink.heard());
        report.violations.extend(judge::judge_votes(&site.terms()));
        report
            .violations
            .extend(judge_histories(&client, &sink).await);
    }
    drop(sessions);
    report.accepted = sink.heard().submits.len();
    Ok(report)
}

/// Lets a start get as far as its vote, and cuts the power there.
async fn cut_after_vote(site: &Site, disk: &PowerFs, faults: &str) -> Result<Lost, PowerError> {
    let separator = if faults.is_empty() { "" } else { "," };
    site.start(&format!("{faults}{separator}after_vote"))?
        .wait()
        .await;
    let lost = disk.cut(CutMode::Drop);
    disk.power_on()?;
    Ok(lost)
}
