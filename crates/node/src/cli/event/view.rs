//! An event as it is shown.

use ackord_client::v1;
use ackord_client::v1::EventState;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::step::StepView;
use super::{class, dead_cause};
use crate::cli::effect::EffectView;
use crate::cli::emits;
use crate::cli::output::{Card, Row};
use crate::cli::values::{bytes, counted, span, stated, time, word};

/// An event, without its body.
#[derive(Serialize)]
pub(crate) struct EventView {
    event_id: String,
    event_type: String,
    tag: String,
    class: String,
    ordering_key: Option<String>,
    state: String,
    /// Delayed or in backoff: when that ends.
    state_until: Option<String>,
    /// Finished or dead: since when.
    state_since: Option<String>,
    session_id: Option<String>,
    dead_cause: Option<String>,
    delivery: u32,
    deliveries: u32,
    attempts: u32,
    attempts_max: Option<u32>,
    lease_ms: Option<u64>,
    body_bytes: u32,
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_session_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_tag: Option<String>,
    accepted_at: Option<String>,
    expires_at: Option<String>,
    replayed_from: Option<String>,
    note: Option<String>,
    ack: Option<AckView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    effects: Vec<EffectView>,
    history: Vec<StepView>,
    history_dropped: u32,
}

/// The ack that counted.
#[derive(Serialize)]
struct AckView {
    delivery: u32,
    session_key: Option<String>,
    at: Option<String>,
    summary: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    emitted: Vec<Vec<String>>,
}

/// A body: text where it is some, else base 64.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    Body(String),
    BodyBase64(String),
}

impl From<v1::Event> for EventView {
    fn from(it: v1::Event) -> Self {
        let (state, cause) = (it.state(), it.dead_cause());
        Self {
            class: class(it.class()),
            state: word(state.as_str_name(), "EVENT_STATE"),
            dead_cause: dead_cause(cause),
            event_id: it.id,
            event_type: it.event_type,
            tag: it.tag,
            ordering_key: stated(it.ordering_key),
            state_until: time(it.state_until_ms),
            state_since: time(it.state_since_ms),
            session_id: stated(it.session_id),
            delivery: it.delivery,
            deliveries: it.deliveries,
            attempts: it.attempts,
            attempts_max: counted(it.attempts_max),
            lease_ms: counted(it.lease_ms),
            body_bytes: it.body_bytes,
            origin: it.origin,
            origin_session_key: stated(it.origin_session_key),
            origin_tag: stated(it.origin_tag),
            accepted_at: time(it.accepted_at_ms),
            expires_at: time(it.expires_at_ms),
            replayed_from: stated(it.replayed_from),
            note: stated(it.note),
            ack: it.ack.map(AckView::from),
            effects: it.effects.into_iter().map(EffectView::from).collect(),
            history: it.history.into_iter().map(StepView::from).collect(),
            history_dropped: it.history_dropped,
        }
    }
}

impl From<v1::AckRecord> for AckView {
    fn from(it: v1::AckRecord) -> Self {
        Self {
            delivery: it.delivery,
            session_key: stated(it.session_key),
            at: time(it.at_ms),
            summary: stated(it.summary),
            emitted: emits::ids(it.emitted),
        }
    }
}

impl From<&bytes::Bytes> for Body {
    fn from(body: &bytes::Bytes) -> Self {
        match str::from_utf8(body) {
            Ok(text) => Self::Body(text.to_owned()),
            Err(_) => Self::BodyBase64(STANDARD.encode(body)),
        }
    }
}

impl EventView {
    /// The state with what belongs to it.
    fn state(&self) -> String {
        let detail = [
            &self.dead_cause,
            &self.session_id,
            &self.state_until,
            &self.state_since,
        ];
        let mut text = self.state.clone();
        for it in detail.into_iter().flatten() {
            text.push(' ');
            text.push_str(it);
        }
        text
    }

    fn summary(&self) -> String {
        self.ack
            .as_ref()
            .and_then(|it| it.summary.clone())
            .unwrap_or_default()
    }

    /// Who brought it: the session, if one sent it.
    fn brought_by(&self) -> String {
        match (&self.origin_session_key, &self.origin_tag) {
            (Some(key), Some(tag)) => format!("{}, session {key} of {tag}", self.origin),
            (Some(key), None) => format!("{}, session {key}", self.origin),
            (None, _) => self.origin.clone(),
        }
    }

    /// What went out with its ack.
    fn published(&self) -> String {
        let parts = self.ack.iter().flat_map(|it| &it.emitted);
        parts.map(|it| it.join(" ")).collect::<Vec<_>>().join("\n")
    }

    fn done_outside(&self) -> String {
        let lines = self.effects.iter().map(EffectView::line);
        lines.collect::<Vec<_>>().join("\n")
    }

    fn steps(&self) -> String {
        self.history
            .iter()
            .map(StepView::line)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Row for EventView {
    const HEAD: &'static [&'static str] = &[
        "event", "type", "tag", "class", "state", "attempts", "accepted",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.event_id.clone(),
            self.event_type.clone(),
            self.tag.clone(),
            self.class.clone(),
            self.state.clone(),
            self.attempts.to_string(),
            self.accepted_at.clone().unwrap_or_default(),
        ]
    }
}

impl Card for EventView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let or_empty = |it: &Option<String>| it.clone().unwrap_or_default();
        let ack = self.ack.as_ref();
        vec![
            ("event", self.event_id.clone()),
            ("type", self.event_type.clone()),
            ("tag", self.tag.clone()),
            ("class", self.class.clone()),
            ("ordering key", or_empty(&self.ordering_key)),
            ("state", self.state()),
            ("delivery", self.delivery.to_string()),
            ("attempts", self.attempts.to_string()),
            (
                "attempts at most",
                self.attempts_max
                    .map_or_else(String::new, |it| it.to_string()),
            ),
            ("lease", self.lease_ms.map_or_else(String::new, span)),
            ("body", bytes(u64::from(self.body_bytes))),
            ("brought by", self.brought_by()),
            ("accepted", or_empty(&self.accepted_at)),
            ("expires", or_empty(&self.expires_at)),
            ("replays", or_empty(&self.replayed_from)),
            ("note", or_empty(&self.note)),
            (
                "acked by",
                ack.map_or_else(String::new, |it| or_empty(&it.session_key)),
            ),
            ("summary", self.summary()),
            ("published", self.published()),
            ("effects", self.done_outside()),
            ("history", self.steps()),
        ]
    }
}

/// A finished event: what became of it.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct FinishedView(EventView);

impl From<v1::Event> for FinishedView {
    fn from(it: v1::Event) -> Self {
        Self(EventView::from(it))
    }
}

impl Row for FinishedView {
    const HEAD: &'static [&'static str] =
        &["event", "type", "tag", "state", "since", "by", "summary"];

    fn cells(&self) -> Vec<String> {
        let Self(it) = self;
        let by = it.ack.as_ref().and_then(|it| it.session_key.clone());
        vec![
            it.event_id.clone(),
            it.event_type.clone(),
            it.tag.clone(),
            it.state.clone(),
            it.state_since.clone().unwrap_or_default(),
            by.unwrap_or_default(),
            short(&it.summary()),
        ]
    }
}

/// A dead letter: why it is one.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct DeadView(EventView);

impl From<v1::Event> for DeadView {
    fn from(it: v1::Event) -> Self {
        Self(EventView {
            state: word(EventState::Dead.as_str_name(), "EVENT_STATE"),
            ..it.into()
        })
    }
}

impl Row for DeadView {
    const HEAD: &'static [&'static str] = &[
        "event",
        "type",
        "tag",
        "cause",
        "attempts",
        "deliveries",
        "since",
    ];

    fn cells(&self) -> Vec<String> {
        let Self(it) = self;
        vec![
            it.event_id.clone(),
            it.event_type.clone(),
            it.tag.clone(),
            it.dead_cause.clone().unwrap_or_default(),
            it.attempts.to_string(),
            it.deliveries.to_string(),
            it.state_since.clone().unwrap_or_default(),
        ]
    }
}

/// The beginning of a text, for a column.
fn short(text: &str) -> String {
    const LETTERS: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(LETTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_for_a_column() {
        assert_eq!(short("done"), "done");
        assert_eq!(short("one\ntwo"), "one…");
        assert_eq!(short(&"ä".repeat(61)).chars().count(), 61);
    }

    #[test]
    fn a_body_that_is_no_text_goes_as_base_64() {
        let json = |body: &'static [u8]| {
            serde_json::to_string(&Body::from(&bytes::Bytes::from_static(body))).expect("plain")
        };
        assert_eq!(json(b"hi"), r#"{"body":"hi"}"#);
        assert_eq!(json(b"\xff"), r#"{"body_base64":"/w=="}"#);
    }
}
