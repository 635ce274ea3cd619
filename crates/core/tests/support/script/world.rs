//! The world of one script: the machine, the clock, and the names of things.

use std::collections::BTreeMap;
use std::fmt::Write;

use ackord_core::answer::Reply;
use ackord_core::command::{Actor, Command, Op, Tick};
use ackord_core::id::{ApprovalId, CronId, EventId, SessionId, SourceId, TeamId, TokenId};
use ackord_core::time::{Millis, Timestamp};

use super::line::{Line, span};
use crate::support::faults;
use crate::support::machine::{Machine, Touched, entry};

/// Where `0s` of a script lies.
pub(crate) const BEGIN: Timestamp = Timestamp(1_800_000_000_000);
/// Ticks that one `wait` may take; more means that the timer spins.
const TICKS_MAX: usize = 100_000;

/// How closely a world is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scrutiny {
    /// All invariants after each block of lines: for large worlds.
    Blocks,
    /// After each entry.
    Entries,
    /// And each entry is tried with every one of its reads gone wrong before.
    Faults,
}

/// See the module.
pub(crate) struct World {
    pub(crate) machine: Machine,
    pub(crate) now: Timestamp,
    pub(crate) teams: BTreeMap<String, TeamId>,
    pub(crate) tokens: BTreeMap<String, TokenId>,
    pub(crate) events: BTreeMap<String, EventId>,
    /// Kept after a source was removed.
    pub(crate) sources: BTreeMap<String, SourceId>,
    /// Kept after a cron was removed.
    pub(crate) crons: BTreeMap<String, CronId>,
    /// Kept after an approval was forgotten.
    pub(crate) approvals: BTreeMap<String, ApprovalId>,
    /// Kept after the machine has forgotten a session, so that it can still be named.
    pub(crate) sessions: BTreeMap<SessionId, String>,
    pub(crate) scrutiny: Scrutiny,
    /// Rows that each entry touched, since this was emptied last.
    pub(crate) touched: Vec<Touched>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut world = Self::fresh();
        let root = "birth cluster=1";
        let rest = [
            "team acme",
            "token acme team=acme roles=manage,submit,session by=root",
        ];
        world.run([root].into_iter().chain(rest));
        world
    }

    /// A world that may grow large: what holds is checked once a block.
    pub(crate) fn large() -> Self {
        Self {
            scrutiny: Scrutiny::Blocks,
            ..Self::new()
        }
    }

    fn fresh() -> Self {
        Self {
            machine: Machine::default(),
            now: BEGIN,
            teams: BTreeMap::new(),
            tokens: BTreeMap::new(),
            events: BTreeMap::new(),
            sources: BTreeMap::new(),
            crons: BTreeMap::new(),
            approvals: BTreeMap::new(),
            sessions: BTreeMap::new(),
            scrutiny: Scrutiny::Entries,
            touched: vec![],
        }
    }

    /// Runs lines, each an entry of its own.
    pub(crate) fn tell(&mut self, lines: &[&str]) -> String {
        self.run(lines.iter().copied())
    }

    /// Runs the lines of one block, and answers what was said.
    pub(crate) fn run<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> String {
        let mut lines = lines.into_iter().peekable();
        let mut said = String::new();
        if lines.next_if_eq(&"batch").is_some() {
            let commands = lines
                .flat_map(Line::read)
                .map(|mut it| {
                    let verb = it.name();
                    let command = self.command(&verb, &mut it);
                    it.end();
                    command
                })
                .collect();
            self.apply(commands, &mut said);
            return said;
        }
        for line in lines.flat_map(Line::read) {
            self.line(line, &mut said);
        }
        self.machine.check();
        said
    }

    fn line(&mut self, mut line: Line, said: &mut String) {
        let mut verb = line.name();
        if verb == "at" {
            let at = BEGIN.after(span(&line.name()));
            assert!(at >= self.now, "a script does not go back in time");
            self.now = at;
            if line.names.is_empty() {
                return line.end();
            }
            verb = line.name();
        }
        match verb.as_str() {
            "fresh" => *self = Self::fresh(),
            "restart" => self.machine.restart(),
            "wait" => {
                let until = self.now.after(span(&line.name()));
                self.wait(until, said);
            }
            "why" | "show" | "deadline" | "outstanding" => {
                let shown = self.show(&verb, &mut line);
                said.push_str(&shown);
            }
            _ => {
                let command = self.command(&verb, &mut line);
                self.apply(vec![command], said);
            }
        }
        line.end();
    }

    fn apply(&mut self, commands: Vec<Command>, said: &mut String) {
        let entry = entry(self.now, commands.clone());
        if self.scrutiny == Scrutiny::Faults {
            faults::check(&self.machine, &entry);
        }
        self.machine.rows.take_reads();
        let done = self.machine.batch(&[entry]);
        self.touched
            .push(Touched::by(&done, self.machine.rows.take_reads()));
        let answers = done.answers.into_iter().flatten();
        for (command, answer) in commands.iter().zip(answers) {
            if let (Op::Attach(it), Ok(Reply::Attached(id, _))) = (&command.op, &answer) {
                self.sessions.insert(*id, it.key.to_string());
            }
            self.learn(command, &answer);
            let answer = self.say_answer(&answer);
            writeln!(said, "{answer}").expect("a string takes all");
        }
        for action in done.actions {
            let action = self.say_action(&action);
            writeln!(said, "> {action}").expect("a string takes all");
        }
        if self.scrutiny != Scrutiny::Blocks {
            self.machine.check();
        }
    }

    /// Ticks at each deadline, as the timer does.
    fn wait(&mut self, until: Timestamp, said: &mut String) {
        for _ in 0..TICKS_MAX {
            let Some(next) = self.machine.state.next_deadline().filter(|it| *it <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(next);
            let tick = Command {
                by: Actor::Cluster,
                team: None,
                op: Op::Tick(Tick),
            };
            let mut told = String::new();
            self.apply(vec![tick], &mut told);
            if told != "ticked 0\n" {
                write!(said, "at {}: {told}", self.say_time(self.now)).expect("a string takes all");
            }
        }
        panic!("the timer spins at {}", self.say_time(self.now));
    }

    /// How long after the script's begin.
    pub(crate) fn since_begin(at: Timestamp) -> Millis {
        at.since(BEGIN)
    }
}
