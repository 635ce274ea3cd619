//! What is known of the silence of a cron or source.

use ackord_core::model::{Silence, Watch};

use super::constant::class;
use crate::text::owned;
use crate::v1;

/// A watch as the API shows it.
#[must_use]
pub fn watch(watch: &Watch) -> v1::Watch {
    let event = watch.alarm.and_then(|it| it.event);
    v1::Watch {
        silence: Some(silence(&watch.silence)),
        last_ack_at_ms: watch.last_ack.unwrap_or_default().0,
        due_at_ms: watch.deadline.unwrap_or_default().0,
        alarm_at_ms: watch.alarm.map(|it| it.at).unwrap_or_default().0,
        alarm_event_id: event.map(|it| it.to_string()).unwrap_or_default(),
    }
}

pub(super) fn silence(silence: &Silence) -> v1::Silence {
    v1::Silence {
        after_ms: silence.after.0,
        tag: owned(&silence.tag),
        class: class(silence.class).into(),
    }
}
