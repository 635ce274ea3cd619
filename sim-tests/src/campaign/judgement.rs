//! Judging the evidence of one run.

use crate::history::Sight;
use crate::judge::{Evidence, PROPERTIES};
use crate::marks::MARKS;
use crate::plan::Plan;
use crate::trace::Trace;

use super::minimum::Minimum;
use super::report::{Failure, Report, Work};

/// Wrong things told of one property: the first ones say it all.
const WRONG_MAX: usize = 5;

pub(super) fn judge(plan: &Plan, evidence: &Evidence, trace: &Trace) -> Report {
    for record in &evidence.history.records {
        trace.add(&record.to_string());
    }
    let (trace, lines) = trace.finish();
    let operations = evidence.history.operations();
    let mut report = Report {
        seed: plan.seed,
        trace,
        lines,
        seconds: evidence
            .history
            .records
            .last()
            .map_or(0, |it| it.at.as_secs()),
        work: work(evidence),
        marks: MARKS
            .iter()
            .map(|it| (it.name.to_owned(), it.count(evidence, &operations)))
            .collect(),
        checks: Default::default(),
        failures: Vec::new(),
    };
    if let Some(error) = &evidence.story.broken {
        report.failures.push(failure("story", vec![error.clone()]));
    }
    for property in PROPERTIES {
        let verdict = property.judge(evidence);
        report
            .checks
            .insert(property.name.to_owned(), verdict.checked);
        if !verdict.broken.is_empty() {
            report.failures.push(failure(property.name, verdict.broken));
        }
    }
    let lacks = Minimum::of(plan).lacks(&report.work, &report.checks);
    if !lacks.is_empty() {
        report.failures.push(failure("minimum", lacks));
    }
    report
}

fn failure(property: &str, mut wrong: Vec<String>) -> Failure {
    wrong.truncate(WRONG_MAX);
    Failure {
        property: property.to_owned(),
        wrong,
    }
}

fn work(evidence: &Evidence) -> Work {
    let given = |it: &&Sight| matches!(it, Sight::Delivered { .. });
    Work {
        operations: evidence.history.operations().len(),
        events: evidence.story.events.len(),
        deliveries: evidence
            .history
            .sights()
            .map(|it| it.2)
            .filter(given)
            .count(),
        entries: evidence.journal.entries().count(),
        faults: evidence.history.faults().count(),
    }
}
