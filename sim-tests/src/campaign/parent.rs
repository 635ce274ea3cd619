//! Many runs, two at a time, each in a new process.

use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Options;
use super::report::{Failure, Report};
use super::tally::Tally;
use crate::draw::Draw;
use crate::plan::Plan;

/// Seeds that failed once, each with a word on why.
const KEPT: &str = include_str!("../../seeds.txt");
/// This program as it runs, even if a new one is built meanwhile.
const PROGRAM: &str = "/proc/self/exe";
/// Runs at the same time.
const WORKERS: usize = 2;
/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(5);

/// Runs a campaign and tells how it went.
pub(super) fn run(options: &Options) -> ExitCode {
    let campaign = Campaign::new(options);
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| while campaign.step() {});
        }
    });
    campaign.end()
}

/// Seeds that were kept, as the file lists them: the first word of a line.
pub(super) fn kept() -> impl Iterator<Item = u64> {
    let lines = KEPT.lines().filter(|it| !it.starts_with('#'));
    lines.filter_map(|it| it.split_whitespace().next()?.parse().ok())
}

/// Seeds that nobody has seen.
pub(super) fn fresh() -> Draw {
    let clock = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Draw::new(clock.as_nanos().try_into().unwrap_or(u64::MAX))
}

struct Campaign<'a> {
    options: &'a Options,
    begun: Instant,
    state: Mutex<State>,
}

struct State {
    kept: Vec<u64>,
    fresh: Draw,
    /// New seeds to go, unless the time decides.
    left: u64,
    tally: Tally,
    failed: Vec<u64>,
    told: Instant,
}

impl<'a> Campaign<'a> {
    fn new(options: &'a Options) -> Self {
        let state = State {
            kept: kept().collect(),
            fresh: fresh(),
            left: options.seeds,
            tally: Tally::default(),
            failed: Vec::new(),
            told: Instant::now(),
        };
        Self {
            options,
            begun: Instant::now(),
            state: Mutex::new(state),
        }
    }

    /// Runs one seed. False if there is none left.
    fn step(&self) -> bool {
        let Some(seed) = self.next() else {
            return false;
        };
        let report = self.play(seed);
        let mut state = self.state();
        state.tally.add(&report);
        if !report.failures.is_empty() {
            state.failed.push(seed);
            tell_failure(&report);
        }
        if state.told.elapsed() >= PROGRESS {
            state.told = Instant::now();
            println!(
                "  {} seeds, {:.0} a minute",
                state.tally.seeds,
                self.rate(&state.tally)
            );
        }
        true
    }

    fn next(&self) -> Option<u64> {
        let mut state = self.state();
        if let Some(kept) = state.kept.pop() {
            return Some(kept);
        }
        let more = match self.options.minutes {
            Some(minutes) => self.begun.elapsed() < Duration::from_secs(minutes * 60),
            None => state.left > 0,
        };
        state.left = state.left.saturating_sub(1);
        more.then(|| state.fresh.number() >> 16)
    }

    fn play(&self, seed: u64) -> Report {
        let mut report = child(seed, self.options.twice, None);
        if self.options.twice && report.failures.is_empty() {
            let again = child(seed, true, None);
            if (again.trace, again.lines) != (report.trace, report.lines) {
                let wrong = format!("{:016x} and {:016x}", report.trace, again.trace);
                let property = "same_trace_twice".to_owned();
                report.failures.push(Failure {
                    property,
                    wrong: vec![wrong],
                });
            }
        }
        report
    }

    fn rate(&self, tally: &Tally) -> f64 {
        tally.seeds as f64 / (self.begun.elapsed().as_secs_f64() / 60.0)
    }

    fn end(self) -> ExitCode {
        let rate = self.rate(&self.state().tally);
        let State { tally, failed, .. } = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        println!("{tally}");
        let never_met = tally.never_met();
        never_met.iter().for_each(|it| println!("{it}"));
        if !failed.is_empty() || !never_met.is_empty() {
            println!(
                "simulation FAILED: {} of {} seeds: {failed:?}",
                failed.len(),
                tally.seeds
            );
            return ExitCode::FAILURE;
        }
        let twice = if self.options.twice {
            "each twice with equal traces, "
        } else {
            ""
        };
        let (seeds, hours) = (tally.seeds, tally.hours());
        println!(
            "simulation: {seeds} seeds, {twice}{hours:.1} simulated hours, {rate:.0} a minute"
        );
        ExitCode::SUCCESS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a seed in a process of its own.
pub(super) fn child(seed: u64, hashed: bool, mutant: Option<&str>) -> Report {
    run_child(seed, hashed, mutant).unwrap_or_else(|why| Report {
        seed,
        trace: 0,
        lines: 0,
        seconds: 0,
        work: Default::default(),
        marks: Default::default(),
        checks: Default::default(),
        failures: vec![Failure {
            property: "no_panic".to_owned(),
            wrong: vec![why],
        }],
    })
}

fn run_child(seed: u64, hashed: bool, mutant: Option<&str>) -> Result<Report, String> {
    let mut command = Command::new(PROGRAM);
    command
        .args(["--child", "--seed", &seed.to_string()])
        .stdin(Stdio::null());
    if hashed {
        command.arg("--twice");
    }
    if let Some(mutant) = mutant {
        command.args(["--mutant", mutant]);
    }
    let output = command.output().map_err(|it| it.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let report = text
        .lines()
        .last()
        .and_then(|it| serde_json::from_str(it).ok());
    report.ok_or_else(|| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("{}: {errors}", output.status)
    })
}

fn tell_failure(report: &Report) {
    let seed = report.seed;
    println!("seed {seed} FAILED");
    for Failure { property, wrong } in &report.failures {
        println!("  {property}");
        wrong.iter().for_each(|it| println!("    {it}"));
    }
    println!("{}", Plan::draw(seed));
    println!("  see it again: make sim SEED={seed}");
    println!("  keep it: a line `{seed} why` in sim-tests/seeds.txt\n");
}
