//! Whether a node lives, and whether it serves: each a list of checks with their reasons.

use std::fmt;
use std::time::Duration;

use ackord_core::id::NodeId;
use ackord_machine::{Machine, Status};

use crate::life::{Life, Stage};

/// A thread, or the runtime, that is at one thing for so long will not come back. Longer than a
/// disk takes that is slow, and than anything that is merely much.
const STUCK: Duration = Duration::from_secs(60);

/// Whoever was in touch so lately hears the others.
const SOON: Duration = Duration::from_secs(2);

/// One thing that must be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    name: &'static str,
    /// Why it is not so; none: it is.
    fault: Option<String>,
}

/// What a probe answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict(Vec<Check>);

impl Check {
    fn new(name: &'static str, fault: Option<String>) -> Self {
        Self { name, fault }
    }
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        self.0.iter().all(|it| it.fault.is_none())
    }
}

/// A line for each check: `ok NAME`, or `no NAME: REASON`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|it| match &it.fault {
            None => writeln!(f, "ok {}", it.name),
            Some(fault) => writeln!(f, "no {}: {fault}", it.name),
        })
    }
}

/// Whether this process gets on with its work: `silent` is how long its runtime has not shown itself.
pub(crate) fn live(life: &Life, silent: Duration) -> Verdict {
    let mut checks = vec![Check::new("runtime", stuck(Some(silent)))];
    if let Some(machine) = life.machine() {
        let busy = machine.busy().into_iter();
        checks.extend(busy.map(|(name, it)| Check::new(name, stuck(it))));
    }
    Verdict(checks)
}

fn stuck(busy_for: Option<Duration>) -> Option<String> {
    let long = busy_for.filter(|it| *it >= STUCK)?;
    Some(format!("no progress for {} s", long.as_secs()))
}

/// Whether calls should be sent here.
pub(crate) fn ready(life: &Life) -> Verdict {
    let stage = life.stage();
    let mut checks = vec![
        Check::new("started", starting(stage).map(str::to_owned)),
        Check::new("staying", draining(stage).map(str::to_owned)),
    ];
    if let Some(machine) = life.machine() {
        checks.push(Check::new("leader", out_of_touch(&machine)));
        checks.push(Check::new("voting", not_voting(&machine.status())));
    }
    Verdict(checks)
}

const fn starting(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Opening => Some("it opens and verifies its disk"),
        Stage::Gathering => Some("it waits until the other first members of its cluster are there"),
        Stage::Recovering => Some("it waits for a leader, and applies what it lacks"),
        Stage::Serving | Stage::Draining => None,
    }
}

const fn draining(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Draining => Some("it was asked to stop, and hands over what it has"),
        Stage::Opening | Stage::Gathering | Stage::Recovering | Stage::Serving => None,
    }
}

fn out_of_touch(machine: &Machine) -> Option<String> {
    if !machine.is_stale() {
        return None;
    }
    Some(match machine.contact() {
        Some(age) if age < SOON => {
            "in touch with the others again, and applies what it missed".to_owned()
        }
        Some(age) => format!(
            "not in touch with the others for {:.1} s",
            age.as_secs_f64()
        ),
        None => "not in touch with the others since the start".to_owned(),
    })
}

/// Whoever restarts nodes one after the other goes by this: while a member has no vote, the others are those
/// on which all depends.
fn not_voting(status: &Status) -> Option<String> {
    let own = status.members.iter().find(|it| it.node == status.node)?;
    let node = NodeId(own.node);
    (!own.votes).then(|| {
        format!("it has all data soon, and no vote: ackord cluster promote {node}, or replace OLD {node}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_starts_is_live_and_not_ready() {
        let life = Life::default();
        assert!(live(&life, Duration::ZERO).is_good());
        for stage in [Stage::Opening, Stage::Gathering, Stage::Recovering] {
            life.is(stage);
            let verdict = ready(&life);
            assert!(!verdict.is_good());
            assert!(
                verdict.to_string().starts_with("no started: it "),
                "{verdict}"
            );
        }
        life.is(Stage::Serving);
        assert!(ready(&life).is_good());
    }

    #[test]
    fn a_node_that_drains_is_live_and_says_why_it_is_not_ready() {
        let life = Life::default();
        life.is(Stage::Draining);
        assert!(live(&life, Duration::ZERO).is_good());
        let verdict = ready(&life);
        assert!(!verdict.is_good());
        assert!(
            verdict
                .to_string()
                .contains("no staying: it was asked to stop")
        );
    }

    #[test]
    fn a_runtime_that_stands_still_is_not_live() {
        let life = Life::default();
        assert!(live(&life, STUCK - Duration::from_millis(1)).is_good());
        let verdict = live(&life, STUCK);
        assert_eq!(verdict.to_string(), "no runtime: no progress for 60 s\n");
    }
}
