//! Silences of a run: who is told when nothing of a cron or a source is acknowledged for a while.

use std::fmt;

use ackord_core::model::Class;
use ackord_core::text::Tag;
use ackord_core::time::Millis;

use super::QueuePlan;
use crate::draw::Draw;

/// What is asked of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilencePlan {
    /// No ack for so long.
    pub after: Millis,
    /// The queue of the alarm.
    pub tag: Tag,
    /// Its class.
    pub class: Class,
}

impl SilencePlan {
    /// Some watch, or none.
    #[must_use]
    pub fn draw(draw: &mut Draw, queues: &[QueuePlan]) -> Option<Self> {
        let tags: Vec<&Tag> = queues.iter().filter_map(|it| it.tag.as_ref()).collect();
        let wanted = draw.chance(60) && !tags.is_empty();
        wanted.then(|| Self {
            after: Millis(draw.within(1_000..=9_000)),
            tag: (*draw.pick(&tags)).clone(),
            class: draw.weighted(&[(Class::Normal, 3), (Class::Priority, 1)]),
        })
    }
}

impl fmt::Display for SilencePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { after, tag, class } = self;
        write!(f, "{tag} hears of {after} of silence, {class:?}")
    }
}
