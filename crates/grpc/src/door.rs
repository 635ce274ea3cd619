//! The node's door for webhooks, as the API sees it.

use ackord_core::command::Routing;
use ackord_core::id::TeamId;
use ackord_core::model::{Content, Event, Source};
use ackord_proto::{FieldError, v1};

/// Why a source cannot judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// Its definition breaks a rule.
    Definition(FieldError),
    /// Its stored definition cannot be read: another version wrote it.
    Version,
    /// Its secrets do not open on this node; why.
    Secrets(String),
    /// What it has kept cannot be read by its present rules; why.
    Content(&'static str),
}

/// What whoever takes webhooks in can tell without taking any.
pub trait Door: Send + Sync {
    /// The latest requests that reached this node, newest first, `most` at the most: to one source
    /// of a team or to all, refused ones only or all. None: no request can reach it.
    fn recent(
        &self,
        team: TeamId,
        slug: Option<&str>,
        refused_only: bool,
        most: usize,
    ) -> Option<Vec<v1::ReceivedRequest>>;

    /// What a source would make of a request, under another definition if there is one. Nothing is
    /// queued or remembered.
    ///
    /// # Errors
    /// The source cannot judge on this node.
    fn test(
        &self,
        source: &Source,
        definition: Option<&v1::SourceDefinition>,
        request: &v1::SavedRequest,
    ) -> Result<v1::TestSourceResponse, Unusable>;

    /// Where the source's present routes send an event that it has kept. The first of several keeps
    /// the event's id.
    ///
    /// # Errors
    /// The source cannot judge on this node, or not this event.
    fn reroute(
        &self,
        source: &Source,
        event: &Event,
        content: &Content,
    ) -> Result<Routing, Unusable>;
}
