//! `ackord-chaos`: kills the real program, cuts its power, and judges what is left.

#![expect(clippy::print_stdout, reason = "a program that reports to people")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use ackord_chaos::judge::Violation;
use ackord_chaos::{cluster, disk, kill, power};
use clap::{Parser, Subcommand};

/// Bugs that a power loss must bring out.
const PLANTED: [&str; 3] = ["skip_fsync_log", "skip_fsync_vote", "ack_before_sync"];

/// Kills the real program, cuts its power, and judges what is left.
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
    /// Cuts the power at random instants. Needs root and /dev/fuse.
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

async fn campaign(args: &Args) -> Result<bool, Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    match args.campaign {
        Campaign::Kill { submits } => {
            let report = kill::run(&args.ackord, dir.path(), submits).await?;
            println!(
                "kill: {} submits, {} kills, {} answers lost and repeated, {} deliveries",
                report.submits, report.kills, report.repeated, report.deliveries
            );
            Ok(verdict(&report.violations))
        }
        Campaign::Cluster { kills } => {
            let report = cluster::run(&args.ackord, dir.path(), kills, away).await?;
            println!(
                "\ncluster: {} submits, {} kills of the leader, {} deaths at failpoints, \
                 {} answers lost and repeated, {} deliveries",
                report.submits,
                report.away.len(),
                report.deaths,
                report.repeated,
                report.deliveries
            );
            println!(
                "from a kill to the first accepted submit: p50 {:.2?}, p99 {:.2?}",
                report.away_percentile(50),
                report.away_percentile(99)
            );
            Ok(verdict(&report.violations))
        }
        Campaign::Power { cuts } => {
            let report = power::run(&args.ackord, dir.path(), cuts, "", progress).await?;
            println!(
                "\npower: {} cuts, {:?}, {} accepted",
                report.cuts, report.lost, report.accepted
            );
            Ok(verdict(&report.violations))
        }
        Campaign::Disk => {
            let report = disk::run(&args.ackord, dir.path()).await?;
            println!(
                "disk: {} failures, {} accepted",
                report.troubles, report.accepted
            );
            Ok(verdict(&report.violations))
        }
        Campaign::Planted { cuts } => {
            let mut all = true;
            for bug in PLANTED {
                let dir = tempfile::tempdir()?;
                let report = power::run(&args.ackord, dir.path(), cuts, bug, progress).await?;
                let caught = report.violations.first();
                let by = caught.map_or("NOT CAUGHT".to_owned(), ToString::to_string);
                println!("\n{bug}: {} cuts: {by}", report.cuts);
                all &= caught.is_some();
            }
            Ok(all)
        }
    }
}

fn progress(cuts: u32, accepted: usize) {
    print!("\r  {cuts} cuts, {accepted} accepted");
    // Progress that cannot be shown is not worth an error.
    let _ = std::io::stdout().flush();
}

fn away(kills: usize, time: std::time::Duration) {
    print!("\r  {kills} kills, the last one: {time:.2?} ");
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
