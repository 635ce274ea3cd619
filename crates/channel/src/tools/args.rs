//! Words that several tools take.

use ackord_client::v1::Class;
use schemars::JsonSchema;
use serde::Deserialize;

/// No parameters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// What is removed or moved, by its id.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Id {
    /// Its id
    pub(super) id: String,
}

/// One event.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OneEvent {
    /// The event, such as evt_01k4…; left out: the one at hand
    pub(super) event_id: Option<String>,
}

/// How much of a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    /// At most so many, up to 100; 20 if left out
    #[schemars(range(min = 1, max = 100))]
    pub(super) limit: Option<u32>,
}

impl Limit {
    pub(super) fn size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(20).clamp(1, 100)
    }
}

/// Precedence.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Urgency {
    /// In its turn
    Normal,
    /// Before normal ones
    Priority,
    /// At once: sets aside what the session is doing
    Interrupt,
}

impl From<Urgency> for Class {
    fn from(it: Urgency) -> Self {
        match it {
            Urgency::Normal => Self::Normal,
            Urgency::Priority => Self::Priority,
            Urgency::Interrupt => Self::Interrupt,
        }
    }
}

/// A text that a model may leave empty where it has nothing to say.
pub(super) fn stated(text: Option<String>) -> Option<String> {
    text.filter(|it| !it.trim().is_empty())
}
