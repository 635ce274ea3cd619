//! What flags say of a cron.

use std::path::PathBuf;
use std::time::Duration;

use ackord_client::v1;
use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::silence;
use crate::cli::submit::Class;
use crate::cli::values::{instant, length, millis};

/// The terms, but for label and schedule.
#[derive(Debug, Clone, Args)]
pub(super) struct Words {
    /// The time zone of the five fields, by its IANA name, such as Europe/Berlin; not said: UTC
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// The queue of its events; not said: the team's untagged queue
    #[arg(long)]
    tag: Option<String>,
    /// Their precedence; not said: normal
    #[arg(long)]
    class: Option<Class>,
    /// Their ordering key: they complete in their order
    #[arg(long, value_name = "KEY")]
    ordering_key: Option<String>,
    /// Give an event up if no session has it so long after it was queued
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    ttl: Option<Duration>,
    /// Attempts before an event is dead, 1 to 100; not said: as its queue says
    #[arg(long, value_name = "COUNT")]
    attempts: Option<u32>,
    /// Lease after a claim, 1s to 7d; not said: as its queue says
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    lease: Option<Duration>,
    /// While the event before is not done; not said: skip
    #[arg(long)]
    overlap: Option<Overlap>,
    /// After an outage: skip, one, or the age of the oldest tick that fires, such as 6h; not said: one
    #[arg(long, value_name = "RULE", value_parser = catch_up)]
    catch_up: Option<CatchUp>,
    /// No tick before this instant, as 2026-03-01T08:00:00Z; the steps of @every begin here
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    starts: Option<u64>,
    /// Every tick before this instant
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    ends: Option<u64>,
    #[command(flatten)]
    silence: silence::SilenceWords,
}

/// While the event before is not done.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Overlap {
    /// Fires beside it
    Allow,
    /// Does not fire
    Skip,
    /// Fires, and cancels it if no session was ever given it
    Replace,
}

/// After an outage.
#[derive(Debug, Clone, Copy)]
enum CatchUp {
    Skip,
    One,
    All(Duration),
}

fn catch_up(text: &str) -> Result<CatchUp, String> {
    match text {
        "skip" => Ok(CatchUp::Skip),
        "one" => Ok(CatchUp::One),
        age => length(age)
            .map(CatchUp::All)
            .map_err(|it| format!("skip, one, or an age: {it}")),
    }
}

impl Words {
    pub(super) fn is_empty(&self) -> bool {
        let mut terms = v1::CronTerms::default();
        self.clone().over(&mut terms);
        terms == v1::CronTerms::default() && self.silence.is_empty()
    }

    /// Puts what is said in the place of what is there.
    pub(super) fn over(self, terms: &mut v1::CronTerms) {
        put(&mut terms.time_zone, self.zone);
        put(&mut terms.tag, self.tag);
        put(
            &mut terms.class,
            self.class.map(|it| v1::Class::from(it).into()),
        );
        put(&mut terms.ordering_key, self.ordering_key);
        put(&mut terms.ttl_ms, self.ttl.map(millis));
        put(&mut terms.attempts, self.attempts);
        put(&mut terms.lease_ms, self.lease.map(millis));
        let overlap = self.overlap.map(|it| match it {
            Overlap::Allow => v1::Overlap::Allow,
            Overlap::Skip => v1::Overlap::Skip,
            Overlap::Replace => v1::Overlap::Replace,
        });
        put(&mut terms.overlap, overlap.map(i32::from));
        let catch_up = self.catch_up.map(|it| match it {
            CatchUp::Skip => (v1::CatchUp::Skip, 0),
            CatchUp::One => (v1::CatchUp::One, 0),
            CatchUp::All(age) => (v1::CatchUp::All, millis(age)),
        });
        put(&mut terms.catch_up, catch_up.map(|it| it.0.into()));
        put(&mut terms.catch_up_max_age_ms, catch_up.map(|it| it.1));
        put(&mut terms.starts_at_ms, self.starts);
        put(&mut terms.ends_at_ms, self.ends);
        terms.silence = self.silence.over(terms.silence.take());
    }
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// What an agent is told.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub(super) struct Told {
    /// What the agent is told to do, in words
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// A file that holds it
    #[arg(long, value_name = "FILE")]
    prompt_file: Option<PathBuf>,
    /// The skill that the agent is told to run
    #[arg(long, value_name = "NAME")]
    skill: Option<String>,
}

impl Told {
    pub(super) fn is_empty(&self) -> bool {
        self.prompt.is_none() && self.prompt_file.is_none() && self.skill.is_none()
    }

    pub(super) fn read(self) -> Result<Option<v1::Instruction>, Failure> {
        use v1::instruction::Instruction;
        let from_file = self.prompt_file.map(|file| {
            std::fs::read_to_string(&file)
                .map_err(|it| Failure::failed(format!("read {}: {it}", file.display())))
        });
        let prompt = self.prompt.or(from_file.transpose()?);
        let told = prompt.map(Instruction::Prompt);
        let told = told.or(self.skill.map(Instruction::Skill));
        Ok(told.map(|it| v1::Instruction {
            instruction: Some(it),
        }))
    }
}
