//! `ackord doctor`: what is wrong with the disk of a node that does not run, and what to do about it.

use std::path::PathBuf;

use ackord_raft::inspect::{Check, Verdict, inspect};
use ackord_store::{OpenError, Stopped};
use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::node::with_causes;
use super::output::{Output, Row};
use super::values::bytes;

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The node's data directory
    data_dir: PathBuf,
    /// Checks the machine's rules however many events there are: takes memory for all rows
    #[arg(long)]
    thorough: bool,
}

/// A check, as it is shown.
#[derive(Debug, Serialize)]
struct CheckView {
    check: &'static str,
    verdict: &'static str,
    found: String,
    faults: Vec<String>,
    /// What to do about them; none where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_bytes: Option<u64>,
}

impl Doctor {
    pub(crate) fn run(self, output: Output) -> Result<(), Failure> {
        let disk = Stopped::hold(&self.data_dir).map_err(|it| self.unusable(&it))?;
        let mut views: Vec<_> = inspect(&disk, self.thorough)
            .into_iter()
            .map(CheckView::from)
            .collect();
        let (log, all) = disk.disk_bytes()?;
        views.push(CheckView::sizes(log, all));
        output.list(&views, "nothing to look at");

        let bad: Vec<_> = views.iter().filter(|it| !it.faults.is_empty()).collect();
        let Some(first) = bad.first() else {
            return Ok(());
        };
        let dir = self.data_dir.display();
        let names: Vec<_> = bad.iter().map(|it| it.check).collect();
        let what = format!("{dir} is not sound: {}", names.join(", "));
        Err(Failure::failed(what).next(first.advice.unwrap_or_default()))
    }

    fn unusable(&self, error: &OpenError) -> Failure {
        let what = with_causes(error);
        match error {
            OpenError::Locked { .. } => Failure::failed(what)
                .next("stop the node first: the disk of a running one is not looked at"),
            _ => Failure::usage(format!("{}: {what}", self.data_dir.display()))
                .next("name the data_dir of a node's configuration, after the node ran once"),
        }
    }
}

impl CheckView {
    fn sizes(log: u64, all: u64) -> Self {
        Self {
            check: "size",
            verdict: "good",
            found: format!("{} on disk, {} of it the log", bytes(all), bytes(log)),
            faults: Vec::new(),
            advice: None,
            log_bytes: Some(log),
            disk_bytes: Some(all),
        }
    }
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        let (verdict, faults, advice) = match check.verdict {
            Verdict::Good => ("good", Vec::new(), None),
            Verdict::Skipped => ("skipped", Vec::new(), None),
            Verdict::Bad { faults, advice } => ("bad", faults, Some(advice)),
        };
        Self {
            check: check.name,
            verdict,
            found: check.found,
            faults,
            advice,
            log_bytes: None,
            disk_bytes: None,
        }
    }
}

impl Row for CheckView {
    const HEAD: &'static [&'static str] = &["check", "verdict", "what is there"];

    fn cells(&self) -> Vec<String> {
        let found = match self.faults.is_empty() {
            true => self.found.clone(),
            false => format!("{}: {}", self.found, self.faults.join("; ")),
        };
        vec![self.check.to_owned(), self.verdict.to_owned(), found]
    }
}
