//! `ackord-chaos`: kills the real program, cuts its power and its network, and judges what is left.

#![expect(clippy::print_stdout, reason = "a program that reports to people")]

use std::fmt::Display;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use ackord_chaos::judge::Violation;
use ackord_chaos::{
    agents, behind, blackout, cluster, disk, kill, partition, pause, power, replies, senders, sick,
    webhooks,
};
use clap::{Parser, Subcommand};

/// Bugs that a power loss must bring out.
const PLANTED: [&str; 3] = ["skip_fsync_log", "skip_fsync_vote", "ack_before_sync"];
/// Those that it must bring out of several nodes as well. A vote that is lost needs two elections
/// in one term to show, which the single node has with each start.
const PLANTED_IN_CLUSTER: [&str; 2] = ["skip_fsync_log", "ack_before_sync"];

/// Kills the real program, cuts its power and its network, and judges what is left.
#[derive(Debug, Parser)]
struct Args {
    /// The program under test.
    #[arg(long, default_value = "target/release/ackord")]
    ackord: PathBuf,
    #[command(subcommand)]
    campaign: Campaign,
}

#[derive(Debug, Subcommand)]
enum Campaign {
    /// Kills the process at each failpoint in turn, under load.
    Kill {
        /// Distinct keys to submit, in all.
        #[arg(long, default_value_t = 20_000)]
        submits: u64,
    },
    /// Kills the leader of three nodes under load, again and again, and all at once in the end.
    Cluster {
        /// How often the leader is killed at a random instant.
        #[arg(long, default_value_t = 30)]
        kills: u32,
    },
    /// Cuts the network between three nodes in every way. Needs root, ip and nft.
    Partition {
        /// How often in each way.
        #[arg(long, default_value_t = 5)]
        rounds: u32,
    },
    /// Lets the leader of three nodes stand still, then a follower, then all.
    Pause {
        /// How often each.
        #[arg(long, default_value_t = 2)]
        rounds: u32,
        /// How long, in seconds.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// Lets answers to clients go missing.
    Replies {
        /// Until so many connections have lost some.
        #[arg(long, default_value_t = 1000)]
        connections: usize,
    },
    /// Lets a follower of three nodes fall behind what any log has.
    Behind {
        /// Bodies of the greatest size that it misses.
        #[arg(long, default_value_t = 300)]
        bodies: u64,
    },
    /// Cuts the power of one node of three, of two, of all; then of one of five. Needs root and
    /// /dev/fuse.
    Blackout {
        /// How often, of three.
        #[arg(long, default_value_t = 100)]
        cuts: u32,
    },
    /// Lets the disk of one node of three be slow, and full. Needs root and /dev/fuse.
    Sick,
    /// Lets programs send webhooks to three nodes, and demands that each reaches a session.
    /// tools/senders.sh has some, and calls this.
    Senders {
        /// Commands, each with its words.
        commands: Vec<String>,
    },
    /// Lets programs drive the channel adapter against three nodes, whose leader is killed meanwhile.
    /// tools/agents.sh has some, and calls this.
    Agents {
        /// Commands, each with its words.
        commands: Vec<String>,
    },
    /// Sends bursts of signed webhooks to three nodes while leaders are killed.
    Webhooks {
        /// How many, by a sender that never sends again; as many by one that does.
        #[arg(long, default_value_t = 5000)]
        requests: u64,
        /// Leaders killed in each burst.
        #[arg(long, default_value_t = 2)]
        kills: u64,
    },
    /// Cuts the power of a single node at random instants. Needs root and /dev/fuse.
    Power {
        /// How often.
        #[arg(long, default_value_t = 50)]
        cuts: u32,
    },
    /// Lets the disk fail in each way, under load. Needs root and /dev/fuse.
    Disk,
    /// Cuts the power under each planted bug, and demands that it comes out.
    Planted {
        /// At most so many cuts for each bug.
        #[arg(long, default_value_t = 50)]
        cuts: u32,
    },
}

/// Why a campaign could not be carried out.
type Failed = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match campaign(&args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error}");
            let mut cause = error.source();
            while let Some(it) = cause {
                println!("  because: {it}");
                cause = it.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn campaign(args: &Args) -> Result<bool, Failed> {
    let dir = tempfile::tempdir()?;
    let (program, dir) = (args.ackord.as_path(), dir.path());
    let violations = match args.campaign {
        Campaign::Kill { submits } => {
            let report = kill::run(program, dir, submits).await?;
            println!(
                "kill: {} submits, {} kills, {} answers lost and repeated, {} deliveries",
                report.submits, report.kills, report.repeated, report.deliveries
            );
            report.violations
        }
        Campaign::Cluster { kills } => cluster(program, dir, kills).await?,
        Campaign::Partition { rounds } => {
            let told = |cuts, shape| progress(format_args!("{cuts} cuts, {shape:?}"));
            let report = partition::run(program, dir, rounds, told).await?;
            println!("\npartition: {} cuts, {}", report.cuts, report.outcome);
            report.outcome.violations
        }
        Campaign::Pause { rounds, seconds } => {
            let length = Duration::from_secs(seconds);
            let told = |pauses| progress(format_args!("{pauses} pauses"));
            let report = pause::run(program, dir, rounds, length, told).await?;
            println!("\npause: {} pauses, {}", report.pauses, report.outcome);
            report.outcome.violations
        }
        Campaign::Replies { connections } => {
            let told = |swallowed| progress(format_args!("{swallowed} connections"));
            let report = replies::run(program, dir, connections, told).await?;
            println!(
                "\nreplies: {} connections lost some, {} teams, {}",
                report.swallowed, report.teams, report.outcome
            );
            report.outcome.violations
        }
        Campaign::Behind { bodies } => {
            let report = behind::run(program, dir, bodies, |it| progress(it)).await?;
            println!(
                "\nbehind: {bodies} bodies, at most {} MiB of memory, caught up after {:.2?}, {}",
                report.memory >> 20,
                report.caught_up,
                report.outcome
            );
            report.outcome.violations
        }
        Campaign::Blackout { cuts } => blackout(program, dir, cuts).await?,
        Campaign::Sick => {
            let report = sick::run(program, dir).await?;
            println!("sick: {} disks, {}", report.troubles, report.outcome);
            report.outcome.violations
        }
        Campaign::Senders { ref commands } => {
            let report = senders::run(program, dir, commands).await?;
            println!("senders: {report}");
            report.violations
        }
        Campaign::Agents { ref commands } => {
            let report = agents::run(program, dir, commands).await?;
            println!("agents: {report}");
            report.violations
        }
        Campaign::Webhooks { requests, kills } => {
            let told = |kills| progress(format_args!("{kills} kills"));
            let report = webhooks::run(program, dir, requests, kills, told).await?;
            println!("\nwebhooks: {report}");
            report.violations
        }
        Campaign::Power { cuts } => {
            let report = power::run(program, dir, cuts, "", power_cuts).await?;
            println!(
                "\npower: {} cuts, {:?}, {} accepted",
                report.cuts, report.lost, report.accepted
            );
            report.violations
        }
        Campaign::Disk => {
            let report = disk::run(program, dir).await?;
            println!(
                "disk: {} failures, {} accepted",
                report.troubles, report.accepted
            );
            report.violations
        }
        Campaign::Planted { cuts } => return planted(program, cuts).await,
    };
    Ok(verdict(&violations))
}

async fn cluster(program: &Path, dir: &Path, kills: u32) -> Result<Vec<Violation>, Failed> {
    let told = |kills, time| progress(format_args!("{kills} kills, the last one: {time:.2?}"));
    let report = cluster::run(program, dir, kills, told).await?;
    println!(
        "\ncluster: {} kills of the leader, {} deaths at failpoints, {}",
        report.away.len(),
        report.deaths,
        report.outcome
    );
    println!(
        "from a kill to the first accepted submit: p50 {:.2?}, p99 {:.2?}",
        report.away_percentile(50),
        report.away_percentile(99)
    );
    Ok(report.outcome.violations)
}

async fn blackout(program: &Path, dir: &Path, cuts: u32) -> Result<Vec<Violation>, Failed> {
    let told = |cuts| progress(format_args!("{cuts} cuts"));
    let report = blackout::run(program, &dir.join("three"), cuts, "", told).await?;
    println!(
        "\nblackout: {} cuts, {:?}, {}",
        report.cuts, report.lost, report.outcome
    );
    let mut violations = report.outcome.violations;
    let report = blackout::five(program, &dir.join("five"), "").await?;
    println!(
        "blackout of one of five: {:?}, {}",
        report.lost, report.outcome
    );
    violations.extend(report.outcome.violations);
    Ok(violations)
}

/// Whether each planted bug was seen.
async fn planted(program: &Path, cuts: u32) -> Result<bool, Failed> {
    let mut all = true;
    let mut judged = |bug: &str, violations: &[Violation]| {
        let by = violations.first();
        let by = by.map_or("NOT CAUGHT".to_owned(), ToString::to_string);
        println!("\n{bug}: {by}");
        all &= !violations.is_empty();
    };
    for bug in PLANTED {
        let dir = tempfile::tempdir()?;
        let report = power::run(program, dir.path(), cuts, bug, power_cuts).await?;
        judged(bug, &report.violations);
    }
    for bug in PLANTED_IN_CLUSTER {
        let dir = tempfile::tempdir()?;
        let told = |cuts| progress(format_args!("{cuts} cuts"));
        let report = blackout::run(program, dir.path(), cuts, bug, told).await?;
        judged(&format!("{bug} in a cluster"), &report.outcome.violations);
    }
    let dir = tempfile::tempdir()?;
    let bug = PLANTED_IN_CLUSTER[0];
    let report = blackout::five(program, dir.path(), bug).await?;
    judged(&format!("{bug} on one of five"), &report.outcome.violations);
    Ok(all)
}

fn power_cuts(cuts: u32, accepted: usize) {
    progress(format_args!("{cuts} cuts, {accepted} accepted"));
}

fn progress(told: impl Display) {
    print!("\r  {told}\x1b[K");
    // Progress that cannot be shown is not worth an error.
    let _ = std::io::stdout().flush();
}

fn verdict(violations: &[Violation]) -> bool {
    for violation in violations.iter().take(20) {
        println!("VIOLATION {violation}");
    }
    println!("{} violations", violations.len());
    violations.is_empty()
}
