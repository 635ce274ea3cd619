//! The power is cut on one node of a cluster, on as many as make a quorum, and on all, each on a file
//! system that forgets what was not synced. After each cut, what was answered last is submitted
//! again.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use ackord_powercut::{CutMode, Lost, MountError, Options, PowerFs};
use rand::RngExt;
use rand::seq::SliceRandom;

use crate::fleet::Fleet;
use crate::host::Host;
use crate::judge::Violation;
use crate::server::StartError;
use crate::trial::{Outcome, Trial};

/// How long a disk takes to sync: what a reply must not overtake.
const SYNC_TAKES: Duration = Duration::from_millis(3);
/// How long the load runs before a cut, in milliseconds.
const LOAD_MS: std::ops::Range<u64> = 100..1500;
/// How long a quorum works while others stand still.
const WORKS: Duration = Duration::from_secs(3);

/// Why a campaign could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum BlackoutError {
    /// A file system could not be mounted.
    #[error("mount a file system")]
    Mount(#[from] MountError),
    /// A node could not be started in the first place, or nobody leads.
    #[error("start the nodes")]
    Start(#[from] StartError),
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Times that the power was cut.
    pub cuts: u32,
    /// What the file systems forgot, all cuts together.
    pub lost: Lost,
    /// What clients and sessions saw.
    pub outcome: Outcome,
}

/// Cuts the power of one node of three, of two, of all, and so on, `cuts` times in all. `faults` plants a
/// bug on each node, in the text form of `ACKORD_FAULTS`; the first violation ends the run.
///
/// # Errors
/// There is no such file system here, or the nodes do not start even once.
pub async fn run(
    program: &Path,
    dir: &Path,
    cuts: u32,
    faults: &str,
    mut progress: impl FnMut(u32),
) -> Result<Report, BlackoutError> {
    const NODES: usize = 3;
    let mut site = Blackout::begin(program, dir, NODES, faults).await?;
    let mut violations = Vec::new();
    let mut done = 0;
    while done < cuts && violations.is_empty() {
        let calm = rand::rng().random_range(LOAD_MS);
        tokio::time::sleep(Duration::from_millis(calm)).await;
        let mut struck = site.trial.fleet.all();
        struck.shuffle(&mut rand::rng());
        struck.truncate(1 + done as usize % NODES);
        violations.extend(site.strike(&struck).await?);
        done += 1;
        progress(done);
    }
    site.end(done, violations).await
}

/// A node of five loses what it has not synced, while the two that were not needed for it stand still;
/// then the two that were stand still. What the three had accepted, the node that lost must still have.
///
/// # Errors
/// There is no such file system here, or the nodes do not start even once.
pub async fn five(program: &Path, dir: &Path, faults: &str) -> Result<Report, BlackoutError> {
    let mut site = Blackout::begin(program, dir, 5, faults).await?;
    let mut violations = Vec::new();
    let fleet = &site.trial.fleet;
    let leader = fleet.leader().await?;
    let others: Vec<_> = fleet.all().into_iter().filter(|it| *it != leader).collect();
    let (first, loser, fifth) = ([others[0], others[1]], others[2], others[3]);
    let second = [leader, fifth];
    first.iter().for_each(|at| fleet.pause(*at));
    let probes = site.trial.probes();
    violations.extend(Trial::goes_on(&probes, "two of five stand still").await);
    // Sessions stand still as well, at the nodes that do, and callers wait for them.
    let pressed = site.trial.press(&[leader, loser, fifth]);
    tokio::time::sleep(WORKS).await;
    violations.extend(site.cut(&[loser]));
    pressed.stop();
    let fleet = &mut site.trial.fleet;
    second.iter().for_each(|at| fleet.pause(*at));
    first.iter().for_each(|at| fleet.resume(*at));
    fleet.start(loser, faults)?;
    let probes = site.trial.probes();
    let when = "the node that lost its power must be one of three";
    violations.extend(Trial::goes_on(&probes, when).await);
    violations.extend(site.trial.repeat().await);
    let fleet = &site.trial.fleet;
    second.iter().for_each(|at| fleet.resume(*at));
    pressed.end().await;
    site.end(1, violations).await
}

/// A cluster whose nodes have disks that forget.
pub(crate) struct Blackout {
    pub(crate) disks: Vec<PowerFs>,
    pub(crate) trial: Trial,
    faults: String,
    lost: Lost,
    /// Tears every second cut's last writes.
    cuts: u64,
}

impl Blackout {
    /// So many nodes under load, with faults armed.
    pub(crate) async fn begin(
        program: &Path,
        dir: &Path,
        nodes: usize,
        faults: &str,
    ) -> Result<Self, BlackoutError> {
        let options = Options {
            sync_takes: SYNC_TAKES,
            ..Options::default()
        };
        let mount = |at| PowerFs::mount(dir.join(format!("disk-{at}")), &options);
        let disks = (0..nodes).map(mount).collect::<Result<Vec<_>, _>>()?;
        let host = |disk: &PowerFs| Host {
            ip: Ipv4Addr::LOCALHOST.into(),
            namespace: None,
            data_dir: disk.path().join("data"),
        };
        let mut fleet = Fleet::on(disks.iter().map(host).collect(), program, dir)?;
        for at in fleet.all() {
            fleet.start(at, faults)?;
        }
        Ok(Self {
            disks,
            trial: Trial::begin(fleet).await?,
            faults: faults.to_owned(),
            lost: Lost::default(),
            cuts: 0,
        })
    }

    /// The power of these nodes fails, all at once, and returns.
    fn cut(&mut self, struck: &[usize]) -> Option<Violation> {
        let mode = match self.cuts % 2 {
            0 => CutMode::Drop,
            _ => CutMode::Tear(rand::random()),
        };
        self.cuts += 1;
        for at in struck {
            self.lost += self.disks[*at].cut(mode);
        }
        for at in struck {
            self.trial.fleet.kill(*at);
        }
        let broken = struck
            .iter()
            .find_map(|at| self.disks[*at].power_on().err());
        broken.map(|error| Violation {
            property: "the power returns",
            detail: error.to_string(),
        })
    }

    /// Cuts the power of these nodes, starts them, and looks for what was answered last.
    async fn strike(&mut self, struck: &[usize]) -> Result<Vec<Violation>, BlackoutError> {
        let mut violations: Vec<_> = self.cut(struck).into_iter().collect();
        let fleet = &mut self.trial.fleet;
        for at in struck {
            fleet.start(*at, &self.faults)?;
        }
        match fleet.serving(&fleet.all()).await {
            Ok(()) => violations.extend(self.trial.repeat().await),
            Err(error) => violations.push(Violation {
                property: "a node starts again after a power loss",
                detail: error.to_string(),
            }),
        }
        Ok(violations)
    }

    async fn end(self, cuts: u32, violations: Vec<Violation>) -> Result<Report, BlackoutError> {
        // What is broken already need not be done in the end.
        let mut outcome = match violations.is_empty() {
            true => self.trial.end().await,
            false => self.trial.abandon(),
        };
        outcome.violations.extend(violations);
        Ok(Report {
            cuts,
            lost: self.lost,
            outcome,
        })
    }
}
