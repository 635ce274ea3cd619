//! Why an event is where it is, as it is shown.

use ackord_client::v1;
use serde::Serialize;

use super::dead_cause;
use crate::cli::output::Card;
use crate::cli::values::{counted, stated, time, word};

/// What an event waits for, or what became of it.
#[derive(Serialize)]
pub(super) struct WhyView {
    reason: String,
    message: String,
    until: Option<String>,
    event_id: Option<String>,
    session_id: Option<String>,
    sessions: Option<u32>,
    unreachable: Option<u32>,
    deaf: Option<u32>,
    dead_cause: Option<String>,
}

impl From<v1::WhyResponse> for WhyView {
    fn from(it: v1::WhyResponse) -> Self {
        Self {
            reason: word(it.reason().as_str_name(), "WHY_REASON"),
            dead_cause: dead_cause(it.dead_cause()),
            message: it.message,
            until: time(it.until_ms),
            event_id: stated(it.event_id),
            session_id: stated(it.session_id),
            sessions: counted(it.sessions),
            unreachable: counted(it.unreachable),
            deaf: counted(it.deaf),
        }
    }
}

impl Card for WhyView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let or_empty = |it: &Option<String>| it.clone().unwrap_or_default();
        let number = |it: Option<u32>| it.map_or_else(String::new, |it| it.to_string());
        vec![
            ("reason", self.reason.clone()),
            ("", self.message.clone()),
            ("until", or_empty(&self.until)),
            ("behind", or_empty(&self.event_id)),
            ("session", or_empty(&self.session_id)),
            ("sessions at work", number(self.sessions)),
            ("sessions unreachable", number(self.unreachable)),
            ("sessions deaf", number(self.deaf)),
            ("dead by", or_empty(&self.dead_cause)),
        ]
    }
}
