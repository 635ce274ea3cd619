//! Mutants: bugs put in on purpose. Some are planted in the servers, some in the evidence of a run
//! that went well. A judge that does not see one of them has a hole.

use std::process::ExitCode;

use super::Options;
use super::parent::{child, fresh};
use crate::doctor::{DOCTORS, Doctor};
use crate::draw::Draw;
use crate::judge::Evidence;

/// Bugs that servers know; see `ackord_raft::failpoint`.
const PLANTED: [(&str, &str); 2] = [
    ("skip_fsync_log", "the log is not synced"),
    (
        "ack_before_sync",
        "entries are answered before they are synced",
    ),
];
/// Seeds after which a mutant has survived.
const SEEDS_MAX: u64 = 200;

/// One of them.
#[derive(Clone, Copy)]
pub(super) enum Mutant {
    /// In the servers: its name there.
    Planted(&'static str),
    /// In the evidence.
    Doctored(Doctor),
}

impl Mutant {
    /// The mutant of this name.
    pub(super) fn named(name: &str) -> Self {
        let all = Self::all().into_iter().map(|(mutant, _)| mutant);
        let known: Vec<_> = all.clone().map(|it| it.name()).collect();
        let mut named = all.filter(|it| it.name() == name);
        named
            .next()
            .unwrap_or_else(|| panic!("no such mutant: {name}; there are {known:?}"))
    }

    fn all() -> Vec<(Self, &'static str)> {
        let planted = PLANTED
            .map(|(name, what)| (Self::Planted(name), what))
            .into_iter();
        planted
            .chain(DOCTORS.iter().map(|it| (Self::Doctored(*it), it.what)))
            .collect()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Planted(name) => name,
            Self::Doctored(doctor) => doctor.name,
        }
    }

    /// What servers are told.
    pub(super) fn faults(self) -> &'static str {
        match self {
            Self::Planted(name) => name,
            Self::Doctored(_) => "",
        }
    }

    /// Falsifies the evidence, if it is that kind of mutant and finds something to falsify.
    pub(super) fn doctor(self, evidence: &mut Evidence, draw: &mut Draw) {
        if let Self::Doctored(doctor) = self {
            (doctor.falsify)(evidence, draw);
        }
    }
}

/// Tries each mutant until it is caught.
pub(super) fn table(options: &Options) -> ExitCode {
    let seeds_max = options.seeds.max(SEEDS_MAX);
    println!("{:<24} {:>6}  caught by", "mutant", "seeds");
    let mut survivors = 0;
    for (mutant, what) in Mutant::all() {
        match hunt(mutant, seeds_max) {
            Some((seeds, by)) => {
                println!("{:<24} {seeds:>6}  {}", mutant.name(), by.join(", "));
            }
            None => {
                survivors += 1;
                println!("{:<24} {seeds_max:>6}  SURVIVED: {what}", mutant.name());
            }
        }
    }
    println!("\nmutants: {survivors} survived");
    ExitCode::from(u8::from(survivors > 0))
}

/// How many seeds it took, and who saw it.
fn hunt(mutant: Mutant, seeds_max: u64) -> Option<(u64, Vec<String>)> {
    let mut seeds = fresh();
    (1..=seeds_max).find_map(|nth| {
        let report = child(seeds.number() >> 16, false, Some(mutant.name()));
        let by: Vec<String> = report.failures.into_iter().map(|it| it.property).collect();
        (!by.is_empty()).then_some((nth, by))
    })
}
