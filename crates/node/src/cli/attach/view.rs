//! A delivery as it is shown.

use std::collections::BTreeMap;

use ackord_client::{Delivery, Instruction};
use ackord_render::{Page, show};
use serde::Serialize;

use crate::cli::event::class;
use crate::cli::event::view::Body;
use crate::cli::output::Card;
use crate::cli::values::{millis, system_time};

/// An event that has come.
#[derive(Serialize)]
pub(super) struct DeliveryView {
    event_id: String,
    delivery: u32,
    event_type: String,
    content_type: Option<String>,
    class: String,
    ordering_key: Option<String>,
    meta: BTreeMap<String, String>,
    attempts: u32,
    attempts_max: u32,
    accepted_at: Option<String>,
    note: Option<String>,
    replayed_from: Option<String>,
    lease_ms: u64,
    lease_cap_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skill: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(flatten)]
    body: Body,
    #[serde(skip)]
    page: String,
}

impl DeliveryView {
    /// At most `body_bytes` of the body are shown to people, all of it to programs.
    pub(super) fn new(it: &Delivery, body_bytes: usize) -> Self {
        let (skill, prompt) = match &it.instruction {
            None => (None, None),
            Some(Instruction::Skill(name)) => (Some(name.clone()), None),
            Some(Instruction::Prompt(text)) => (None, Some(text.clone())),
        };
        Self {
            event_id: it.event_id.clone(),
            delivery: it.number,
            event_type: it.event_type.clone(),
            content_type: it.content_type.clone(),
            class: class(it.class),
            ordering_key: it.ordering_key.clone(),
            meta: it.meta.clone(),
            attempts: it.attempts,
            attempts_max: it.attempts_max,
            accepted_at: system_time(it.accepted_at),
            note: it.note.clone(),
            replayed_from: it.replayed_from.clone(),
            lease_ms: millis(it.lease),
            lease_cap_at: system_time(it.lease_cap_at),
            body: Body::from(&it.body),
            page: page(it, body_bytes, rand::random()),
            skill,
            prompt,
        }
    }
}

/// What an agent would read.
fn page(it: &Delivery, body_bytes: usize, nonce: [u8; 16]) -> String {
    let of_route = it.shown_bytes.and_then(|it| usize::try_from(it).ok());
    let instruction = it.instruction.as_ref().map(|it| match it {
        Instruction::Skill(name) => ackord_render::Instruction::Skill(name),
        Instruction::Prompt(text) => ackord_render::Instruction::Prompt(text),
    });
    let page = Page {
        instruction,
        body: &it.body,
        shown_bytes: of_route.unwrap_or(body_bytes).min(body_bytes),
        whole: &format!("{} event body {}", crate::cli::program(), it.event_id),
        nonce,
    };
    show(&page).text
}

impl Card for DeliveryView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let or_empty = |it: &Option<String>| it.clone().unwrap_or_default();
        let meta: Vec<_> = self
            .meta
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let spent = match self.attempts {
            0 => String::new(),
            spent => format!("{spent} of {} spent", self.attempts_max),
        };
        vec![
            ("event", self.event_id.clone()),
            ("delivery", self.delivery.to_string()),
            ("type", self.event_type.clone()),
            ("class", self.class.clone()),
            ("ordering key", or_empty(&self.ordering_key)),
            ("accepted", or_empty(&self.accepted_at)),
            ("attempts", spent),
            ("replays", or_empty(&self.replayed_from)),
            ("note", or_empty(&self.note)),
            ("meta", meta.join("\n")),
            ("content type", or_empty(&self.content_type)),
            ("agents read", self.page.clone()),
        ]
    }
}
