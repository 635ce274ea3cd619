//! What can be asked of a cron.

use std::fmt;

use ackord_core::command::Fence;

use super::op::show;
use crate::plan::CronPlan;

/// Something asked of a cron, by its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronAsk {
    /// Which.
    pub label: String,
    /// What.
    pub deed: CronDeed,
    /// The delivery with whose ack it goes out; none: it is asked by itself.
    pub with: Option<Fence>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CronDeed {
    /// Makes it.
    Create(CronPlan),
    /// Changes it.
    Update(CronPlan),
    /// Removes it.
    Delete,
    /// Takes its ticks away.
    Pause,
    /// Gives it ticks again.
    Resume,
    /// Fires it by hand.
    Fire,
}

impl fmt::Display for CronAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, deed, with } = self;
        match deed {
            CronDeed::Create(cron) => write!(f, "make cron {label}: {cron}"),
            CronDeed::Update(cron) => write!(f, "change cron {label}: {cron}"),
            CronDeed::Delete => write!(f, "remove cron {label}"),
            CronDeed::Pause => write!(f, "pause cron {label}"),
            CronDeed::Resume => write!(f, "resume cron {label}"),
            CronDeed::Fire => write!(f, "fire cron {label}"),
        }?;
        match with {
            Some(fence) => write!(f, " with the ack of {}", show(*fence)),
            None => Ok(()),
        }
    }
}
