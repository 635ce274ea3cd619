//! The hunt: new seeds with one mutant after the other, until a property sees it.

use std::collections::{BTreeMap, VecDeque};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::Options;
use super::mutants::Mutant;
use super::parent::{WORKERS, child, fresh};
use crate::judge::PROPERTIES;

/// Seeds after which a mutant has survived.
const SEEDS_MAX: u64 = 500;

/// How a mutant was caught.
struct Catch {
    seeds: u64,
    /// The last of them.
    seed: u64,
    /// The properties that saw it; the first one had to, where one had to.
    by: Vec<String>,
}

/// What is known so far.
struct State {
    left: VecDeque<Mutant>,
    survivors: Vec<&'static str>,
    /// Of each property, the mutants in the code that it saw, and how many others saw it as well.
    seen: BTreeMap<String, Vec<(&'static str, usize)>>,
}

/// Tries each mutant until it is caught.
pub(super) fn run(options: &Options) -> ExitCode {
    let chosen = |it: &Mutant| {
        options
            .mutant
            .as_deref()
            .is_none_or(|name| it.name() == name)
    };
    let state = Mutex::new(State {
        left: Mutant::all().filter(chosen).collect(),
        survivors: Vec::new(),
        seen: BTreeMap::new(),
    });
    println!(
        "{:<26} {:>5}  {:<15}  caught by",
        "mutant", "seeds", "the last one"
    );
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| while step(&state, options) {});
        }
    });
    let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if options.mutant.is_none() {
        tell_properties(&state.seen);
    }
    let survivors = &state.survivors;
    println!("\nmutants: {} survived {survivors:?}", survivors.len());
    ExitCode::from(u8::from(!survivors.is_empty()))
}

/// Hunts one mutant. False if there is none left.
fn step(state: &Mutex<State>, options: &Options) -> bool {
    let Some(mutant) = lock(state).left.pop_front() else {
        return false;
    };
    let caught = hunt(mutant, options);
    let mut state = lock(state);
    let name = mutant.name();
    match caught {
        Some(Catch { seeds, seed, by }) => {
            println!("{name:<26} {seeds:>5}  {seed:<15}  {}", by.join(", "));
            for property in by.iter().filter(|_| mutant.is_real()) {
                let seen = state.seen.entry(property.clone()).or_default();
                seen.push((name, by.len() - 1));
            }
        }
        None => {
            let told = format!(
                "{name:<26} {:>5}  SURVIVED: {}",
                most(options),
                mutant.what()
            );
            println!("{}", red(&told));
            state.survivors.push(name);
        }
    }
    true
}

/// Runs new seeds until a property that must see it has.
fn hunt(mutant: Mutant, options: &Options) -> Option<Catch> {
    let mut draw = fresh();
    (1..=most(options)).find_map(|seeds| {
        let seed = draw.number() >> 16;
        let report = child(seed, options, false, Some(mutant.name()));
        let mut by: Vec<String> = report.failures.into_iter().map(|it| it.property).collect();
        if let Some(must) = mutant.seen_by() {
            let place = by.iter().position(|it| it == must)?;
            by.swap(0, place);
        }
        (!by.is_empty()).then_some(Catch { seeds, seed, by })
    })
}

fn most(options: &Options) -> u64 {
    options.seeds.max(SEEDS_MAX)
}

/// Which mutants in the code each property saw, those that nobody else saw first.
fn tell_properties(seen: &BTreeMap<String, Vec<(&'static str, usize)>>) {
    println!("\n{:<28} saw alone; and with others", "property");
    for property in PROPERTIES {
        let mut alone = Vec::new();
        let mut shared = Vec::new();
        for (name, others) in seen.get(property.name).into_iter().flatten() {
            let list = if *others == 0 {
                &mut alone
            } else {
                &mut shared
            };
            list.push(*name);
        }
        println!(
            "{:<28} {}; {}",
            property.name,
            alone.join(" "),
            shared.join(" ")
        );
    }
}

fn red(text: &str) -> String {
    if std::io::stdout().is_terminal() {
        format!("\u{1b}[31m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
