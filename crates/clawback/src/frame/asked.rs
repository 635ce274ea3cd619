//! What a plugin may say.

use std::collections::BTreeMap;

use ackord_proto::v1::Class;
use serde::{Deserialize, Serialize};

/// A frame from a plugin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Frame {
    /// Who it is: the first frame, and only the first.
    Auth(Auth),
    /// Is to be answered by a pong.
    Ping,
    /// Answers a ping.
    Pong,
    /// The work of an event is done.
    Ack(Ack),
    /// Is to be answered.
    Request(Request),
    /// Of a type that nobody knows, and without a request's id: what newer plugins may say.
    Unknown,
}

/// The first frame.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Auth {
    /// In Clawback's form.
    pub(crate) token: String,
    /// None, or empty: an untagged session.
    #[serde(default)]
    pub(crate) session_tag: Option<String>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth")
            .field("session_tag", &self.session_tag)
            .finish_non_exhaustive()
    }
}

/// "The work of this event is done."
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ack {
    /// The id of the event's frame, which names the delivery, too.
    pub(crate) event_id: String,
    /// What was done; none or null: nothing is said.
    #[serde(default)]
    pub(crate) summary: Option<String>,
}

/// A question that has an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// Comes back with the answer: 1 to 128 bytes.
    pub(crate) id: String,
    /// Or what is wrong with it, in words.
    pub(crate) asked: Result<Asked, String>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asked {
    CronCreate(CronCreate),
    CronDelete(CronDelete),
    CronList,
    SourceCreate(Box<SourceCreate>),
    SourceList,
    SourceDelete(SourceDelete),
    EventHistory(EventHistory),
    AccountInfo,
    TokenRotate(TokenLabel),
    TokenCreate(TokenLabel),
    TokenList,
    SessionSend(SessionSend),
    SessionList,
}

/// `cron_create`: a prompt at set times.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CronCreate {
    pub(crate) schedule: String,
    pub(crate) prompt: String,
    #[serde(default)]
    pub(crate) label: Option<String>,
    #[serde(default)]
    pub(crate) session_tag: Option<String>,
    #[serde(default)]
    pub(crate) priority: Option<Urgency>,
}

/// `cron_delete`: by its id or its label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CronDelete {
    pub(crate) cron_id: String,
}

/// `source_create`: where a provider is to send its webhooks. No part of it is in logs: it has a secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceCreate {
    pub(crate) slug: String,
    /// How requests are verified: a preset, or one of Clawback's names. None: `generic`.
    #[serde(default)]
    pub(crate) verifier_type: Option<String>,
    #[serde(default)]
    pub(crate) secret: Option<String>,
    /// For whatever no route names.
    #[serde(default)]
    pub(crate) skill: Option<String>,
    /// What to do, by type of event: the name of a skill, or a prompt.
    #[serde(default)]
    pub(crate) routes: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) event_type: Option<EventType>,
    #[serde(default)]
    pub(crate) session_tag: Option<String>,
    #[serde(default)]
    pub(crate) priority: Option<Urgency>,
}

impl std::fmt::Debug for SourceCreate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceCreate")
            .field("slug", &self.slug)
            .field("verifier_type", &self.verifier_type)
            .finish_non_exhaustive()
    }
}

/// Where the type of an event stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct EventType {
    /// In this header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<String>,
    /// At this path of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    /// The path of what is added to it after a dot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<String>,
}

/// `source_delete`: by its id or its slug.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceDelete {
    pub(crate) source_id: String,
}

/// `event_history`: what was done lately.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct EventHistory {
    /// How many events; JavaScript's numbers have no integers.
    #[serde(default)]
    pub(crate) limit: Option<f64>,
}

/// `token_create` and `token_rotate`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct TokenLabel {
    /// For people.
    #[serde(default)]
    pub(crate) label: Option<String>,
}

/// `session_send`: a message to other sessions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SessionSend {
    /// Their tags.
    pub(crate) targets: Vec<String>,
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) priority: Option<Urgency>,
}

/// Precedence of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Urgency {
    Normal,
    Priority,
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
