//! The plan: what a seed decides before anything runs. Drawn swarm style: each run has a random part
//! of all features, habits and faults, for what all of them together would never reach.

mod fault;
mod feature;
mod habit;
mod queue;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::draw::Draw;

pub use fault::{DiskPlan, Fault};
pub use feature::Feature;
pub use habit::Habit;
pub use queue::QueuePlan;

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Where it comes from.
    pub seed: u64,
    /// How long things break.
    pub storm: Duration,
    /// Submits in all.
    pub submits: u32,
    /// Clients that submit, each a machine of its own.
    pub submitters: u32,
    /// Calls that a submitter has under way at the same time.
    pub callers: u32,
    /// Longest pause of a caller.
    pub pause: Duration,
    /// How long a submit is tried.
    pub patience: Duration,
    /// Queues; at least one.
    pub queues: Vec<QueuePlan>,
    /// What the work makes use of.
    pub features: BTreeSet<Feature>,
    /// What sessions do besides working.
    pub habits: BTreeSet<Habit>,
    /// What breaks.
    pub faults: BTreeSet<Fault>,
    /// Longest pause between two faults.
    pub fault_pause: Duration,
    /// Longest time of a message, where latency is no fault.
    pub latency: Duration,
    /// The disks.
    pub disk: DiskPlan,
}

impl Plan {
    /// Draws the plan of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let draw = &mut Draw::new(seed).fork("plan");
        let features = some(draw, &Feature::ALL);
        Self {
            seed,
            storm: draw.millis(8_000..=40_000),
            submits: small(draw, 15..=180),
            submitters: small(draw, 1..=4),
            callers: small(draw, 1..=5),
            pause: draw.millis(50..=2_000),
            patience: draw.millis(1_000..=10_000),
            queues: QueuePlan::draw_some(draw, &features),
            features,
            habits: some(draw, &Habit::ALL),
            faults: some(draw, &Fault::ALL),
            fault_pause: draw.millis(500..=8_000),
            latency: draw.millis(2..=60),
            disk: DiskPlan::draw(draw),
        }
    }

    /// Whether the work makes use of it.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

/// A random part of them; now and then all, or none.
fn some<T: Copy + Ord>(draw: &mut Draw, all: &[T]) -> BTreeSet<T> {
    let percent = draw.weighted(&[(0, 5), (30, 20), (60, 60), (100, 15)]);
    all.iter()
        .copied()
        .filter(|_| draw.chance(percent))
        .collect()
}

fn small(draw: &mut Draw, range: std::ops::RangeInclusive<u64>) -> u32 {
    u32::try_from(draw.within(range)).expect("a small number")
}

fn names<T: fmt::Debug>(of: &BTreeSet<T>) -> String {
    let names: Vec<String> = of.iter().map(|it| format!("{it:?}")).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(" ")
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            storm,
            submits,
            submitters,
            callers,
            pause,
            patience,
            ..
        } = self;
        writeln!(f, "seed      {seed}")?;
        writeln!(
            f,
            "storm     {storm:?}, a fault every {:?} at most",
            self.fault_pause
        )?;
        write!(
            f,
            "work      {submits} submits of {submitters} clients with {callers} callers each, "
        )?;
        writeln!(f, "pauses up to {pause:?}, patience {patience:?}")?;
        for queue in &self.queues {
            writeln!(f, "queue     {queue}")?;
        }
        writeln!(f, "features  {}", names(&self.features))?;
        writeln!(f, "habits    {}", names(&self.habits))?;
        writeln!(f, "faults    {}", names(&self.faults))?;
        writeln!(f, "network   up to {:?}", self.latency)?;
        write!(f, "disk      {}", self.disk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_plan() {
        assert_eq!(Plan::draw(7), Plan::draw(7));
        assert_ne!(Plan::draw(7).to_string(), Plan::draw(8).to_string());
    }

    #[test]
    fn everything_is_in_some_plan_and_not_in_another() {
        let plans: Vec<Plan> = (0..200).map(Plan::draw).collect();
        for feature in Feature::ALL {
            let with = plans.iter().filter(|it| it.has(feature)).count();
            assert!(
                with > 20 && with < 180,
                "{feature:?} is in {with} of 200 plans"
            );
        }
        assert!(plans.iter().all(|it| !it.queues.is_empty()));
    }
}
