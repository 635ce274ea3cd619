//! One run, in this process.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, panic, thread};

use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::Options;
use super::judgement::judge;
use super::minimum::Minimum;
use super::mutants::Mutant;
use super::report::{Failure, Report, Work};
use crate::draw::Draw;
use crate::history::Record;
use crate::judge::Evidence;
use crate::plan::Plan;
use crate::trace::Trace;
use crate::world;

/// Plays a seed and reports it in a line.
pub(super) fn report(options: &Options) -> ExitCode {
    let report = play(options, |_| {});
    println!(
        "{}",
        serde_json::to_string(&report).expect("a report is text and numbers")
    );
    ExitCode::SUCCESS
}

/// Plays a seed and tells what happens, for people.
pub(super) fn show(options: &Options) -> ExitCode {
    let seed = options.seed.expect("asked for");
    let plan = options.plan(seed);
    println!("{plan}\n{}\n", Minimum::of(&plan));
    let report = play(options, |record| println!("{record}"));
    println!("\n{} simulated seconds, {:?}", report.seconds, report.work);
    println!("trace {:016x} of {} lines", report.trace, report.lines);
    for Failure { property, wrong } in &report.failures {
        println!("{property} is broken:");
        wrong.iter().for_each(|it| println!("  {it}"));
    }
    ExitCode::from(u8::from(!report.failures.is_empty()))
}

fn play(options: &Options, listener: fn(&Record)) -> Report {
    let seed = options.seed.expect("a run has a seed");
    let mutant = options.mutant.as_deref().map(Mutant::named);
    let faults = mutant.map_or("", Mutant::plant).to_owned();
    let trace = Trace::default();
    let plan = options.plan(seed);
    let (log, hashed) = (options.log.clone(), options.hashed.then(|| trace.clone()));
    // A new thread: hash maps of an old one have keys that do not come from the seed.
    let run = move || {
        let log = log.map(|it| {
            fmt::layer()
                .with_writer(io::stderr)
                .with_filter(EnvFilter::new(it))
        });
        with_default(Registry::default().with(hashed).with(log), || {
            world::run(plan, &faults, listener)
        })
    };
    let panics = listen_to_panics();
    let ended = thread::Builder::new().name("world".to_owned()).spawn(run);
    match ended.expect("a thread").join() {
        Ok(evidence) => finish(&options.plan(seed), evidence, mutant, &trace),
        Err(_) => panicked(
            seed,
            panics
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        ),
    }
}

/// All panics from now on, in words. Some are the end of a simulated process, and expected.
fn listen_to_panics() -> Arc<Mutex<Vec<String>>> {
    let panics = Arc::<Mutex<Vec<String>>>::default();
    let told = Arc::clone(&panics);
    panic::set_hook(Box::new(move |panic| {
        told.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(panic.to_string());
    }));
    panics
}

fn finish(plan: &Plan, mut evidence: Evidence, mutant: Option<Mutant>, trace: &Trace) -> Report {
    if let Some(mutant) = mutant {
        mutant.doctor(&mut evidence, &mut Draw::new(plan.seed));
    }
    judge(plan, &evidence, trace)
}

/// A run that panicked has proved nothing, and is a failure whoever did it.
fn panicked(seed: u64, wrong: Vec<String>) -> Report {
    Report {
        seed,
        trace: 0,
        lines: 0,
        seconds: 0,
        work: Work::default(),
        marks: Default::default(),
        checks: Default::default(),
        failures: vec![Failure {
            property: "no_panic".to_owned(),
            wrong,
        }],
    }
}
