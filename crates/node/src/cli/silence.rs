//! Who hears of it if no event of a cron or source is acknowledged: what flags say, and what is shown.

use std::time::Duration;

use ackord_client::v1;
use clap::Args;
use serde::Serialize;

use super::submit::Class;
use super::values::{length, millis, span, stated, time, word};

/// What flags say.
#[derive(Debug, Clone, Args)]
pub(super) struct SilenceWords {
    /// An event tells if none of its events is acknowledged for so long, such as 26h; 0s: none does
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    silence: Option<Duration>,
    /// The queue of the event that tells
    #[arg(long, value_name = "TAG")]
    silence_tag: Option<String>,
    /// Its precedence; not said: normal
    #[arg(long, value_name = "CLASS")]
    silence_class: Option<Class>,
}

impl SilenceWords {
    pub(super) fn is_empty(&self) -> bool {
        self.silence.is_none() && self.silence_tag.is_none() && self.silence_class.is_none()
    }

    /// What holds once this is said; none: nobody hears of it.
    pub(super) fn over(self, present: Option<v1::Silence>) -> Option<v1::Silence> {
        if self.is_empty() {
            return present;
        }
        if self.silence.is_some_and(|it| it.is_zero()) {
            return None;
        }
        let mut silence = present.unwrap_or_default();
        silence.after_ms = self.silence.map_or(silence.after_ms, millis);
        silence.tag = self.silence_tag.unwrap_or(silence.tag);
        if let Some(class) = self.silence_class {
            silence.set_class(class.into());
        }
        Some(silence)
    }
}

/// What is known of a silence.
#[derive(Serialize)]
pub(super) struct Shown {
    after_ms: u64,
    tag: String,
    class: String,
    last_ack_at: Option<String>,
    due_at: Option<String>,
    alarm_at: Option<String>,
    alarm_event_id: Option<String>,
}

impl From<v1::Watch> for Shown {
    fn from(it: v1::Watch) -> Self {
        let silence = it.silence.unwrap_or_default();
        Self {
            after_ms: silence.after_ms,
            class: word(silence.class().as_str_name(), "CLASS"),
            tag: silence.tag,
            last_ack_at: time(it.last_ack_at_ms),
            due_at: time(it.due_at_ms),
            alarm_at: time(it.alarm_at_ms),
            alarm_event_id: stated(it.alarm_event_id),
        }
    }
}

impl Shown {
    /// In words, line by line.
    pub(super) fn text(&self) -> String {
        let last = self.last_ack_at.as_deref().unwrap_or("none yet");
        let state = match (&self.alarm_at, &self.alarm_event_id, &self.due_at) {
            (Some(at), Some(event), _) => format!("told at {at} by {event}"),
            (Some(at), None, _) => format!("told nobody at {at}: the team may have no more queues"),
            (None, _, Some(at)) => format!("tells at {at}"),
            (None, _, None) => "nothing is expected at present".to_owned(),
        };
        let after = span(self.after_ms);
        format!("after {after} to {}\nlast ack {last}\n{state}", self.tag)
    }
}
