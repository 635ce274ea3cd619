//! Queues of a run, with the sessions that take from them.

use std::collections::BTreeSet;
use std::fmt;

use ackord_core::model::QueueSettings;
use ackord_core::text::Tag;
use ackord_core::time::Millis;

use super::Feature;
use crate::draw::Draw;

/// A queue and its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePlan {
    /// Its tag.
    pub tag: Option<Tag>,
    /// Its settings, which stay as they are. Short times: the storm does not last long.
    pub settings: QueueSettings,
    /// Sessions that take from it.
    pub sessions: u32,
}

impl QueuePlan {
    pub(super) fn draw_some(draw: &mut Draw, features: &BTreeSet<Feature>) -> Vec<Self> {
        let count = draw.weighted(&[(1, 3), (2, 4), (3, 2)]);
        let tags = ["build", "ops/night", "review:7"];
        let mut queues: Vec<Self> = tags
            .iter()
            .take(count)
            .map(|it| Self::draw(draw, features, Some(Tag::new(*it).expect("a valid tag"))))
            .collect();
        if features.contains(&Feature::Untagged) {
            queues.push(Self::draw(draw, features, None));
        }
        queues
    }

    fn draw(draw: &mut Draw, features: &BTreeSet<Feature>, tag: Option<Tag>) -> Self {
        let lease = draw.within(1_000..=4_000);
        let rated = features.contains(&Feature::Rates) && draw.chance(50);
        let rate = u32::try_from(draw.within(120..=900)).expect("a small number");
        let settings = QueueSettings {
            lease: Millis(lease),
            claim_limit: Millis(draw.within(1_000..=4_000)),
            lease_cap: Millis(lease + draw.within(0..=6_000)),
            attempts: u32::try_from(draw.within(2..=5)).expect("a small number"),
            strict: features.contains(&Feature::StrictQueues) && draw.chance(50),
            leases_per_minute: rated.then_some(rate),
        };
        let sessions = draw.weighted(&[(1, 3), (2, 4), (3, 3), (4, 1)]);
        Self {
            tag,
            settings,
            sessions,
        }
    }
}

impl fmt::Display for QueuePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tag,
            settings,
            sessions,
        } = self;
        let tag = tag.as_ref().map_or("(untagged)", Tag::as_str);
        write!(
            f,
            "{tag}: {sessions} sessions, lease {} up to {}, ",
            settings.lease, settings.lease_cap
        )?;
        write!(
            f,
            "claim within {}, {} attempts",
            settings.claim_limit, settings.attempts
        )?;
        if settings.strict {
            f.write_str(", strict")?;
        }
        if let Some(rate) = settings.leases_per_minute {
            write!(f, ", {rate} leases a minute")?;
        }
        Ok(())
    }
}
