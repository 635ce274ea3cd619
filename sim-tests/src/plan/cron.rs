//! Crons of a run: at the scale of seconds, for the storm does not last long.

use std::fmt;
use std::time::Duration;

use ackord_core::model::{CatchUp, Class, Overlap};
use ackord_core::text::Tag;
use ackord_core::time::Millis;

use super::{QueuePlan, SilencePlan};
use crate::draw::Draw;

/// The schedules in use. The judge computes their instants by itself.
pub const SCHEDULES: [&str; 6] = [
    "@every 1s",
    "@every 3s",
    "@every 7s",
    "@every 25s",
    "* * * * *",
    "*/2 * * * *",
];

/// The crons, and what befalls them all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CronsPlan {
    /// What they are in the beginning.
    pub crons: Vec<CronPlan>,
    /// After the storm all servers are away for so long.
    pub outage: Option<Duration>,
}

/// A cron, as somebody makes or changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronPlan {
    /// One of [`SCHEDULES`].
    pub schedule: &'static str,
    /// The queue of its events.
    pub tag: Option<Tag>,
    /// Their class.
    pub class: Class,
    /// While the event before is not done.
    pub overlap: Overlap,
    /// After an outage.
    pub catch_up: CatchUp,
    /// Who is told when none of its events is acknowledged.
    pub silence: Option<SilencePlan>,
}

impl CronsPlan {
    pub(super) fn draw(draw: &mut Draw, queues: &[QueuePlan]) -> Self {
        if !draw.chance(35) {
            return Self::default();
        }
        let count = draw.within(1..=4);
        let crons = (0..count).map(|_| CronPlan::draw(draw, queues)).collect();
        // Longer than what is no outage yet.
        let outage = draw.chance(40).then(|| draw.millis(66_000..=200_000));
        Self { crons, outage }
    }

    /// The same, with some of the crons watched. Drawn apart, as webhooks are.
    pub(super) fn watched(mut self, draw: &mut Draw, queues: &[QueuePlan]) -> Self {
        for cron in &mut self.crons {
            cron.silence = SilencePlan::draw(draw, queues);
        }
        self
    }
}

impl CronPlan {
    /// Some cron, which nobody watches.
    #[must_use]
    pub fn draw(draw: &mut Draw, queues: &[QueuePlan]) -> Self {
        let max_age = Millis(draw.within(61_000..=150_000));
        Self {
            schedule: draw.weighted(&[
                (SCHEDULES[0], 2),
                (SCHEDULES[1], 5),
                (SCHEDULES[2], 3),
                (SCHEDULES[3], 2),
                (SCHEDULES[4], 2),
                (SCHEDULES[5], 1),
            ]),
            tag: draw.pick(queues).tag.clone(),
            class: draw.weighted(&[(Class::Normal, 4), (Class::Priority, 1)]),
            overlap: *draw.pick(&[Overlap::Allow, Overlap::Skip, Overlap::Replace]),
            catch_up: *draw.pick(&[CatchUp::Skip, CatchUp::One, CatchUp::All { max_age }]),
            silence: None,
        }
    }
}

impl fmt::Display for CronPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            schedule,
            tag,
            class,
            overlap,
            catch_up,
            silence,
        } = self;
        let tag = tag.as_ref().map_or("(untagged)", Tag::as_str);
        write!(
            f,
            "{schedule} to {tag} {class:?}, overlap {overlap:?}, catches up {catch_up:?}"
        )?;
        match silence {
            Some(silence) => write!(f, ", {silence}"),
            None => Ok(()),
        }
    }
}
