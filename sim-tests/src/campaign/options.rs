//! The command line.

use clap::Parser;

use crate::plan::Plan;

/// Simulates Ackord: its own code in a world that breaks, judged afterwards.
#[derive(Debug, Clone, Parser)]
#[command(name = "ackord-sim")]
pub struct Options {
    /// New random seeds to run, after all of seeds.txt
    #[arg(long, default_value_t = 20)]
    pub seeds: u64,
    /// Goes on with new seeds for so many minutes, however many that are
    #[arg(long)]
    pub minutes: Option<u64>,
    /// Begins no seed after so many minutes, whatever is left
    #[arg(long)]
    pub at_most: Option<u64>,
    /// Begins no seed after so many have failed
    #[arg(long, value_name = "FAILURES", default_value_t = 10)]
    pub stop_after: usize,
    /// Of 100 seeds, so many run twice in new processes, and have their traces compared; else all of
    /// up to 100 seeds, and one in 100 of more
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub twice: Option<u8>,
    /// So many servers, 1 to 9, whatever the seed says
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=9))]
    pub nodes: Option<u8>,
    /// Runs this seed alone, and tells what happened
    #[arg(long)]
    pub seed: Option<u64>,
    /// With --seed: logs of the servers and clients too, such as `info` or `ackord_raft=debug`
    #[arg(long)]
    pub log: Option<String>,
    /// Plants a bug, by its name; with --mutants, hunts that one only
    #[arg(long)]
    pub mutant: Option<String>,
    /// Plants each bug in turn, and tells how soon which property sees it; --seeds: after how many
    /// one has survived, if more than 500
    #[arg(long)]
    pub mutants: bool,
    /// Of its own use: runs the seed and reports to the parent
    #[arg(long, hide = true)]
    pub child: bool,
    /// Of its own use: hashes everything that is logged
    #[arg(long, hide = true)]
    pub hashed: bool,
}

/// More seeds than this are a long campaign, of which a part runs twice.
const SMOKE: u64 = 100;
/// That part, in percent.
const PART: u8 = 1;

impl Options {
    /// The plan of a seed.
    pub(super) fn plan(&self, seed: u64) -> Plan {
        let plan = Plan::draw(seed);
        match self.nodes {
            Some(nodes) => plan.on(nodes),
            None => plan,
        }
    }

    /// How many of 100 seeds run twice.
    pub(super) fn percent_twice(&self) -> u8 {
        self.twice
            .unwrap_or(if self.is_long() { PART } else { 100 })
    }

    /// Whether it is a long campaign.
    pub(super) fn is_long(&self) -> bool {
        self.minutes.is_some() || self.seeds > SMOKE
    }
}
