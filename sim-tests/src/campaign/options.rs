//! The command line.

use clap::Parser;

/// Simulates Ackord: its own code in a world that breaks, judged afterwards.
#[derive(Debug, Clone, Parser)]
#[command(name = "ackord-sim")]
pub struct Options {
    /// New random seeds to run, after all of seeds.txt
    #[arg(long, default_value_t = 20)]
    pub seeds: u64,
    /// Goes on with new seeds for so many minutes
    #[arg(long)]
    pub minutes: Option<u64>,
    /// Runs each seed twice, and compares the traces
    #[arg(long)]
    pub twice: bool,
    /// Runs this seed alone, and tells what happened
    #[arg(long)]
    pub seed: Option<u64>,
    /// With --seed: logs of the servers and clients too, such as `info` or `ackord_raft=debug`
    #[arg(long)]
    pub log: Option<String>,
    /// Plants a bug; --mutants lists them
    #[arg(long)]
    pub mutant: Option<String>,
    /// Plants each bug in turn, and tells how soon which property sees it
    #[arg(long)]
    pub mutants: bool,
    /// Of its own use: runs the seed and reports to the parent
    #[arg(long, hide = true)]
    pub child: bool,
}
