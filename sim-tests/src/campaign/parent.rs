//! Many runs, two at a time, each in a new process.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Options;
use super::report::{Failure, Report};
use super::tally::Tally;
use crate::draw::Draw;

/// Seeds that failed once, each with the commit that mended it and a word on why.
const KEPT: &str = include_str!("../../seeds.txt");
/// A run that takes longer hangs in itself, for simulated time is bounded: seconds of a CPU.
const CPU_MAX: u64 = 40;
/// Nor does one need more: KiB of addresses.
const MEMORY_MAX: u64 = 8 << 20;
/// Runs at the same time.
pub(super) const WORKERS: usize = 2;
/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(5);
/// The same of a long campaign.
const PROGRESS_LONG: Duration = Duration::from_secs(30);
/// Where seeds that fail are written down at once: whatever becomes of this process, they are kept.
const FAILED: &str = "target/sim/failed-seeds.txt";

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
    /// Seeds that ran twice, with equal traces or not.
    twice: u64,
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
            twice: 0,
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
        let Some((seed, twice)) = self.next() else {
            return false;
        };
        let report = self.play(seed, twice);
        let mut state = self.state();
        state.tally.add(&report);
        state.twice += u64::from(twice);
        if !report.failures.is_empty() {
            state.failed.push(seed);
            tell_failure(&report, self.options);
        }
        let progress = match self.options.is_long() {
            true => PROGRESS_LONG,
            false => PROGRESS,
        };
        if state.told.elapsed() >= progress {
            state.told = Instant::now();
            self.tell_progress(&state);
        }
        true
    }

    fn tell_progress(&self, state: &State) {
        let (done, rate) = (state.tally.seeds, self.rate(&state.tally));
        let failed = state.failed.len();
        print!("  {done} seeds, {failed} failed, {rate:.0} a minute");
        let left = state.left + u64::try_from(state.kept.len()).unwrap_or_default();
        if self.options.minutes.is_none() && self.options.is_long() {
            print!(", {:.0} minutes to go", left as f64 / rate);
        }
        println!();
    }

    /// The next seed, and whether it runs twice.
    fn next(&self) -> Option<(u64, bool)> {
        let mut state = self.state();
        let seed = self.next_seed(&mut state)?;
        let percent = u64::from(self.options.percent_twice());
        Some((seed, state.fresh.chance(percent)))
    }

    fn next_seed(&self, state: &mut State) -> Option<u64> {
        let over = |minutes| self.begun.elapsed() >= Duration::from_secs(minutes * 60);
        let enough = state.failed.len() >= self.options.stop_after;
        if enough || self.options.at_most.is_some_and(over) {
            return None;
        }
        if let Some(kept) = state.kept.pop() {
            return Some(kept);
        }
        let more = match self.options.minutes {
            Some(minutes) => !over(minutes),
            None => state.left > 0,
        };
        state.left = state.left.saturating_sub(1);
        more.then(|| state.fresh.number() >> 16)
    }

    fn play(&self, seed: u64, twice: bool) -> Report {
        let mut report = child(seed, self.options, twice, None);
        if twice && report.failures.is_empty() {
            let again = child(seed, self.options, true, None);
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
        let State {
            tally,
            failed,
            twice,
            ..
        } = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        println!("{tally}");
        if failed.len() >= self.options.stop_after {
            println!("stopped after {} failures: --stop-after", failed.len());
        }
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
        let (seeds, hours) = (tally.seeds, tally.hours());
        println!(
            "simulation: {seeds} seeds, {twice} of them twice with equal traces, {hours:.1} simulated \
             hours, {rate:.0} a minute"
        );
        ExitCode::SUCCESS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a seed in a process of its own.
pub(super) fn child(seed: u64, options: &Options, hashed: bool, mutant: Option<&str>) -> Report {
    run_child(seed, options, hashed, mutant).unwrap_or_else(|why| Report {
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

fn run_child(
    seed: u64,
    options: &Options,
    hashed: bool,
    mutant: Option<&str>,
) -> Result<Report, String> {
    // This program as it runs, even if a new one is built meanwhile.
    let program = format!("/proc/{}/exe", std::process::id());
    let limited = format!("ulimit -t {CPU_MAX} && ulimit -v {MEMORY_MAX} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command
        .args(["-c", &limited, &program])
        .args(["--child", "--seed", &seed.to_string()])
        .stdin(Stdio::null());
    if hashed {
        command.arg("--hashed");
    }
    if let Some(nodes) = options.nodes {
        command.args(["--nodes", &nodes.to_string()]);
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

fn tell_failure(report: &Report, options: &Options) {
    let seed = report.seed;
    println!("seed {seed} FAILED");
    for Failure { property, wrong } in &report.failures {
        println!("  {property}");
        wrong.iter().for_each(|it| println!("    {it}"));
    }
    println!("{}", options.plan(seed));
    match options.nodes {
        None => println!("  see it again: make sim SEED={seed}"),
        Some(nodes) => println!("  see it again: tools/sim.sh --nodes {nodes} --seed {seed}"),
    }
    println!("  keep it: a line `{seed} commit why` in sim-tests/seeds.txt\n");
    if let Err(error) = note_failure(report, options) {
        println!("  {FAILED} cannot be written: {error}");
    }
}

/// Writes a seed that failed down: what it fails, and with how many servers if not with its own.
fn note_failure(report: &Report, options: &Options) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(FAILED)?;
    let nodes = options.nodes.map(|it| format!(" --nodes {it}"));
    let properties: Vec<&str> = report.failures.iter().map(|it| &*it.property).collect();
    let (nodes, properties) = (nodes.unwrap_or_default(), properties.join(", "));
    writeln!(file, "{}{nodes} {properties}", report.seed)
}
