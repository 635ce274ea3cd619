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
    println!(
        "{:<18} {:>5}  {:<28} also seen by",
        "mutant", "seeds", "caught by"
    );
    let mut survivors = 0;
    for (mutant, what) in Mutant::all() {
        match hunt(mutant, seeds_max) {
            Some(Catch { seeds, by, also }) => {
                println!(
                    "{:<18} {seeds:>5}  {by:<28} {}",
                    mutant.name(),
                    also.join(", ")
                );
            }
            None => {
                survivors += 1;
                println!("{:<18} {seeds_max:>5}  SURVIVED: {what}", mutant.name());
            }
        }
    }
    println!("\nmutants: {survivors} survived");
    ExitCode::from(u8::from(survivors > 0))
}

/// How a mutant was caught.
struct Catch {
    seeds: u64,
    by: String,
    also: Vec<String>,
}

/// Runs new seeds until the property that must see it has.
fn hunt(mutant: Mutant, seeds_max: u64) -> Option<Catch> {
    let mut draw = fresh();
    (1..=seeds_max).find_map(|seeds| {
        let report = child(draw.number() >> 16, false, Some(mutant.name()));
        let mut also: Vec<String> = report.failures.into_iter().map(|it| it.property).collect();
        let place = match mutant {
            Mutant::Planted(_) => (!also.is_empty()).then_some(0),
            Mutant::Doctored(doctor) => also.iter().position(|it| *it == doctor.seen_by),
        };
        let by = also.remove(place?);
        Some(Catch { seeds, by, also })
    })
}
