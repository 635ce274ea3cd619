//! Campaigns: many seeds, each in a process of its own, for only a new process is the same twice.

mod child;
mod hunt;
mod judgement;
mod minimum;
mod mutants;
mod options;
mod parent;
mod report;
mod tally;

pub use options::Options;

use std::process::ExitCode;

/// Does what the command line asks.
#[must_use]
pub fn main(options: &Options) -> ExitCode {
    match options {
        it if it.child => child::report(it),
        it if it.mutants => hunt::run(it),
        it if it.seed.is_some() => child::show(it),
        it => parent::run(it),
    }
}
