//! The plan: what a seed decides before anything runs. Drawn swarm style: each run has a random part
//! of all features, habits and faults, for what all of them together would never reach.

mod chore;
mod cluster;
mod craft;
mod cron;
mod fault;
mod feature;
mod habit;
mod queue;
mod silence;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::draw::Draw;

pub use chore::Chore;
pub use cluster::{ClusterFault, ClusterPlan};
pub use craft::Craft;
pub use cron::{CronPlan, CronsPlan, SCHEDULES};
pub use fault::{DiskPlan, Fault};
pub use feature::Feature;
pub use habit::Habit;
pub use queue::QueuePlan;
pub use silence::SilencePlan;

/// The format after the present one: there are programs in the simulation that know it.
pub const NEXT_FORMAT: u32 = ackord_core::FORMAT + 1;

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
    /// Webhooks that come in, besides the submits; zero: there is no source.
    pub webhooks: u32,
    /// Who is told when no webhook is acknowledged.
    pub silence: Option<SilencePlan>,
    /// What sessions do besides answering.
    pub crafts: BTreeSet<Craft>,
    /// What sessions write to others, with their acks and without, in all.
    pub letters: u32,
    /// Crons.
    pub crons: CronsPlan,
    /// Of a hundred single answers, so many are lost, late or asked for twice.
    pub tampered: u64,
    /// The disks.
    pub disk: DiskPlan,
    /// The servers.
    pub cluster: ClusterPlan,
}

impl Plan {
    /// Draws the plan of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let draw = &mut Draw::new(seed).fork("plan");
        let features = features(draw, &mut Draw::new(seed).fork("drains"));
        let plan = Self {
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
            webhooks: webhooks(&mut Draw::new(seed).fork("webhooks")),
            silence: None,
            crafts: crafts(&mut Draw::new(seed).fork("crafts")),
            letters: small(&mut Draw::new(seed).fork("letters"), 5..=80),
            tampered: Draw::new(seed)
                .fork("tamper")
                .weighted(&[(0, 6), (2, 2), (10, 1), (30, 1)]),
            disk: DiskPlan::draw(draw),
            cluster: ClusterPlan::draw(&mut Draw::new(seed).fork("cluster")),
            crons: CronsPlan::default(),
        };
        let crons = &mut Draw::new(seed).fork("crons");
        let silences = &mut Draw::new(seed).fork("silences");
        let queues = &plan.queues;
        Self {
            crons: CronsPlan::draw(crons, queues).watched(silences, queues),
            silence: SilencePlan::draw(silences, queues),
            ..plan
        }
    }

    /// The same work for so many servers.
    #[must_use]
    pub fn on(mut self, nodes: u8) -> Self {
        self.cluster = self.cluster.of(nodes);
        self
    }

    /// Whether sessions do it.
    #[must_use]
    pub fn knows(&self, craft: Craft) -> bool {
        self.crafts.contains(&craft)
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

/// Whether queues drain is drawn apart, as webhooks are.
fn features(draw: &mut Draw, drains: &mut Draw) -> BTreeSet<Feature> {
    let all = Feature::ALL.into_iter();
    let others: Vec<Feature> = all.filter(|it| *it != Feature::Drains).collect();
    let mut features = some(draw, &others);
    if drains.chance(35) {
        features.insert(Feature::Drains);
    }
    features
}

/// Drawn apart from all else: a seed's other work is the same with and without them.
fn webhooks(draw: &mut Draw) -> u32 {
    if draw.chance(40) {
        small(draw, 10..=80)
    } else {
        0
    }
}

/// Drawn apart, as webhooks are.
fn crafts(draw: &mut Draw) -> BTreeSet<Craft> {
    match draw.chance(60) {
        true => some(draw, &Craft::ALL),
        false => BTreeSet::new(),
    }
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
        write!(f, "webhooks  {}", self.webhooks)?;
        match &self.silence {
            Some(silence) => writeln!(f, ", {silence}")?,
            None => writeln!(f)?,
        }
        for queue in &self.queues {
            writeln!(f, "queue     {queue}")?;
        }
        for cron in &self.crons.crons {
            writeln!(f, "cron      {cron}")?;
        }
        if let Some(outage) = self.crons.outage {
            writeln!(f, "outage    {outage:?}")?;
        }
        writeln!(f, "features  {}", names(&self.features))?;
        writeln!(f, "habits    {}", names(&self.habits))?;
        writeln!(
            f,
            "crafts    {}, {} letters",
            names(&self.crafts),
            self.letters
        )?;
        writeln!(f, "faults    {}", names(&self.faults))?;
        write!(f, "network   up to {:?}", self.latency)?;
        writeln!(f, ", {} % of answers tampered with", self.tampered)?;
        writeln!(f, "disk      {}", self.disk)?;
        write!(f, "cluster   {}", self.cluster)
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
        for nodes in [1, 3, 5] {
            assert!(plans.iter().any(|it| it.cluster.nodes == nodes));
        }
        assert!(plans.iter().all(|it| !it.queues.is_empty()));
        assert!(plans.iter().any(|it| it.webhooks == 0));
        assert!(plans.iter().any(|it| it.webhooks > 0));
    }
}
