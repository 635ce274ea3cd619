//! Sources and requests as they are shown.

use std::collections::BTreeMap;

use ackord_client::v1;
use serde::Serialize;
use serde_json::Value;

use super::definition;
use crate::cli::failure::Failure;
use crate::cli::output::{Card, Row};
use crate::cli::silence;
use crate::cli::values::{stated, time, word};

/// A source in a list.
#[derive(Serialize)]
pub(super) struct Named {
    slug: String,
    id: String,
    mode: String,
    revision: u64,
    path: String,
    secrets: Vec<SecretView>,
    held: u64,
    pairing_until: Option<String>,
    created_at: Option<String>,
    changed_at: Option<String>,
    watch: Option<silence::Shown>,
}

/// A secret, without itself.
#[derive(Serialize)]
struct SecretView {
    name: String,
    key_id: String,
    created_at: Option<String>,
    expires_at: Option<String>,
}

impl From<v1::Source> for Named {
    fn from(it: v1::Source) -> Self {
        let mode = word(it.mode().as_str_name(), "SOURCE_MODE");
        let secrets = it.secrets.into_iter().map(|it| SecretView {
            name: it.name,
            key_id: it.key_id,
            created_at: time(it.created_at_ms),
            expires_at: time(it.expires_at_ms),
        });
        Self {
            mode,
            secrets: secrets.collect(),
            slug: it.slug,
            id: it.id,
            revision: it.revision,
            path: it.path,
            held: it.held,
            pairing_until: time(it.pairing_until_ms),
            created_at: time(it.created_at_ms),
            changed_at: time(it.changed_at_ms),
            watch: it.watch.map(silence::Shown::from),
        }
    }
}

impl Named {
    pub(super) fn sentence(&self) -> String {
        let held = match (self.held, self.mode.as_str()) {
            (0, _) => String::new(),
            (held, "enabled") => format!("; {held} held events are being queued"),
            (held, _) => format!("; it holds {held} events"),
        };
        format!("source {} is {}{held}", self.slug, self.mode)
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.secrets.iter().map(|it| it.name.as_str()).collect();
        names.join(", ")
    }
}

impl Row for Named {
    const HEAD: &'static [&'static str] = &["name", "mode", "revision", "held", "secrets", "path"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.slug.clone(),
            self.mode.clone(),
            self.revision.to_string(),
            self.held.to_string(),
            self.names(),
            self.path.clone(),
        ]
    }
}

/// A source by itself.
#[derive(Serialize)]
pub(super) struct SourceView {
    #[serde(flatten)]
    source: Named,
    definition: Value,
}

impl SourceView {
    pub(super) fn of(mut source: v1::Source) -> Result<Self, Failure> {
        let definition = source.definition.take().ok_or_else(|| {
            Failure::failed("the node cannot read the source's definition")
                .next("ask a node whose program is newer")
        })?;
        Ok(Self {
            source: Named::from(source),
            definition: definition::show(&definition),
        })
    }
}

impl Card for SourceView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let it = &self.source;
        let secret = |it: &SecretView| {
            let ends = it.expires_at.as_ref();
            let ends = ends.map_or(String::new(), |at| format!(", until {at}"));
            format!("{} under key {}{ends}", it.name, it.key_id)
        };
        let secrets: Vec<String> = it.secrets.iter().map(secret).collect();
        let definition = serde_json::to_string_pretty(&self.definition);
        vec![
            ("name", it.slug.clone()),
            ("id", it.id.clone()),
            ("path", it.path.clone()),
            ("mode", it.mode.clone()),
            ("revision", it.revision.to_string()),
            ("held", it.held.to_string()),
            ("secrets", secrets.join("\n")),
            (
                "pairing until",
                it.pairing_until.clone().unwrap_or_default(),
            ),
            (
                "silence",
                it.watch
                    .as_ref()
                    .map(silence::Shown::text)
                    .unwrap_or_default(),
            ),
            ("created", it.created_at.clone().unwrap_or_default()),
            ("changed", it.changed_at.clone().unwrap_or_default()),
            ("definition", definition.unwrap_or_default()),
        ]
    }
}

/// Whether handshakes are answered.
#[derive(Serialize)]
pub(super) struct Paired {
    slug: String,
    until: Option<String>,
}

impl Paired {
    pub(super) fn new(slug: String, until_ms: u64) -> Self {
        Self {
            slug,
            until: time(until_ms),
        }
    }

    pub(super) fn sentence(&self) -> String {
        match &self.until {
            Some(until) => format!("source {} answers handshakes until {until}", self.slug),
            None => format!("source {} answers no handshakes", self.slug),
        }
    }
}

/// What became of the secrets of a source.
#[derive(Serialize)]
pub(super) struct Resealed {
    slug: String,
    resealed: u32,
    key_id: String,
    revision: u64,
}

impl Resealed {
    pub(super) fn new(slug: String, it: &v1::ResealSourceResponse) -> Self {
        Self {
            slug,
            resealed: it.resealed,
            key_id: it.key_id.clone(),
            revision: it.revision,
        }
    }

    pub(super) fn sentence(&self) -> String {
        let Self { slug, key_id, .. } = self;
        match self.resealed {
            0 => format!("source {slug}: all secrets are under key {key_id} already"),
            count => format!("source {slug}: {count} secrets are now under key {key_id}"),
        }
    }
}

/// A request that a node has seen.
#[derive(Serialize)]
pub(super) struct RequestView {
    node_id: String,
    at: Option<String>,
    slug: String,
    sender_address: String,
    outcome: String,
    refusal: Option<String>,
    message: Option<String>,
    status: u32,
    event_type: Option<String>,
    dedup_key: Option<String>,
    event_ids: Vec<String>,
    body_bytes: u64,
    took_ms: u64,
}

impl RequestView {
    pub(super) fn of(node_id: String, it: v1::ReceivedRequest) -> Self {
        Self {
            node_id,
            at: time(it.at_ms),
            outcome: word(it.outcome().as_str_name(), "REQUEST_OUTCOME"),
            refusal: refusal(it.refusal()),
            slug: it.slug,
            sender_address: it.sender_address,
            message: stated(it.message),
            status: it.status,
            event_type: stated(it.event_type),
            dedup_key: stated(it.dedup_key),
            event_ids: it.event_ids,
            body_bytes: it.body_bytes,
            took_ms: it.took_ms,
        }
    }
}

impl Row for RequestView {
    const HEAD: &'static [&'static str] = &[
        "at", "source", "from", "outcome", "why", "type", "event", "ms",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.at.clone().unwrap_or_default(),
            self.slug.clone(),
            self.sender_address.clone(),
            format!("{} {}", self.status, self.outcome),
            self.refusal.clone().unwrap_or_default(),
            self.event_type.clone().unwrap_or_default(),
            self.event_ids.first().cloned().unwrap_or_default(),
            self.took_ms.to_string(),
        ]
    }
}

/// The same beside requests that other nodes have seen.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct OfNode(RequestView);

impl From<RequestView> for OfNode {
    fn from(it: RequestView) -> Self {
        Self(it)
    }
}

impl Row for OfNode {
    const HEAD: &'static [&'static str] = &[
        "node", "at", "source", "from", "outcome", "why", "type", "event", "ms",
    ];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.0.node_id.clone()];
        cells.extend(self.0.cells());
        cells
    }
}

/// What a source would make of a request.
#[derive(Serialize)]
pub(super) struct TestedView {
    outcome: String,
    refusal: Option<String>,
    message: Option<String>,
    status: u32,
    secret: Option<String>,
    event_type: Option<String>,
    dedup_key: Option<String>,
    meta: BTreeMap<String, String>,
    events: Vec<PlannedView>,
}

/// An event that a request would become.
#[derive(Serialize)]
struct PlannedView {
    route: Option<u32>,
    tag: String,
    class: String,
    ordering_key: Option<String>,
    skill: Option<String>,
    prompt: Option<String>,
    delay_ms: u64,
    ttl_ms: u64,
}

impl From<v1::TestSourceResponse> for TestedView {
    fn from(it: v1::TestSourceResponse) -> Self {
        Self {
            outcome: word(it.outcome().as_str_name(), "REQUEST_OUTCOME"),
            refusal: refusal(it.refusal()),
            message: stated(it.message),
            status: it.status,
            secret: stated(it.secret),
            event_type: stated(it.event_type),
            dedup_key: stated(it.dedup_key),
            meta: it.meta,
            events: it.events.into_iter().map(PlannedView::from).collect(),
        }
    }
}

impl From<v1::PlannedEvent> for PlannedView {
    fn from(it: v1::PlannedEvent) -> Self {
        use v1::instruction::Instruction;
        let class = word(it.class().as_str_name(), "CLASS");
        let (skill, prompt) = match it.instruction.and_then(|it| it.instruction) {
            Some(Instruction::Skill(skill)) => (Some(skill), None),
            Some(Instruction::Prompt(prompt)) => (None, Some(prompt)),
            None => (None, None),
        };
        Self {
            route: it.route,
            tag: it.tag,
            class,
            ordering_key: stated(it.ordering_key),
            skill,
            prompt,
            delay_ms: it.delay_ms,
            ttl_ms: it.ttl_ms,
        }
    }
}

impl PlannedView {
    fn sentence(&self) -> String {
        let tag = match self.tag.as_str() {
            "" => "the untagged queue",
            tag => tag,
        };
        let route = self
            .route
            .map_or(String::new(), |it| format!("route {it}: "));
        let told = match (&self.skill, &self.prompt) {
            (Some(skill), _) => format!(", skill {skill}"),
            (None, Some(_)) => ", with a prompt".to_owned(),
            (None, None) => String::new(),
        };
        format!("{route}{} to {tag}{told}", self.class)
    }
}

impl Card for TestedView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let events: Vec<String> = self.events.iter().map(PlannedView::sentence).collect();
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        vec![
            ("outcome", format!("{} {}", self.status, self.outcome)),
            ("refused", text(&self.refusal)),
            ("says", text(&self.message)),
            ("secret", text(&self.secret)),
            ("type", text(&self.event_type)),
            ("dedup key", text(&self.dedup_key)),
            ("events", events.join("\n")),
        ]
    }
}

/// What became of a kept event.
#[derive(Serialize)]
pub(super) struct ReroutedView {
    event_id: String,
    outcome: String,
    event_ids: Vec<String>,
    refusal: Option<String>,
}

impl From<v1::Rerouted> for ReroutedView {
    fn from(it: v1::Rerouted) -> Self {
        let outcome = match &it.refusal {
            Some(_) => "refused".to_owned(),
            None => word(it.outcome().as_str_name(), "REQUEST_OUTCOME"),
        };
        Self {
            outcome,
            event_id: it.event_id,
            event_ids: it.event_ids,
            refusal: it.refusal.map(|it| it.message),
        }
    }
}

impl Row for ReroutedView {
    const HEAD: &'static [&'static str] = &["event", "outcome", "why"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.event_id.clone(),
            self.outcome.clone(),
            self.refusal.clone().unwrap_or_default(),
        ]
    }
}

/// The name that logs and metrics use; none: it was not refused.
fn refusal(it: v1::RequestRefusal) -> Option<String> {
    let refused = it != v1::RequestRefusal::Unspecified;
    refused.then(|| word(it.as_str_name(), "REQUEST_REFUSAL"))
}
