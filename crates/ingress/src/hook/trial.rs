//! What a source would make of a request, and of what it has kept: nothing is queued or remembered.

use std::net::IpAddr;
use std::sync::Arc;

use ackord_core::command::Routing;
use ackord_core::model::{Content, Event, Source, SourceMode};
use ackord_core::time::Timestamp;
use ackord_proto::to_wire;
use ackord_proto::v1::{
    self, PlannedEvent, RequestOutcome as Outcome, RequestRefusal as Refusal, SavedRequest,
    SourceDefinition, TestSourceResponse,
};
use ackord_verify::{Destination, Headers, Judged, Received, Routed};
use tokio::time::Instant;

use super::compiled::{Compiled, NotJudged};
use super::plan::{self, Ids};
use super::{Arrived, Hooks, decide, headers, refusal, request};

impl Hooks {
    /// What a source would make of a request, under another definition if there is one. Whether it is
    /// in already is not looked up.
    ///
    /// # Errors
    /// The source cannot judge on this node.
    pub fn test(
        &self,
        source: &Source,
        definition: Option<&SourceDefinition>,
        saved: &SavedRequest,
    ) -> Result<TestSourceResponse, NotJudged> {
        let compiled = match definition {
            None => self.usable(source),
            Some(it) => Compiled::new(source, it, self.0.keyring.as_deref()).map(Arc::new),
        }?;
        let now = match saved.at_ms {
            0 => self.0.machine.log_now(),
            stated => Timestamp(stated),
        };
        Ok(tried(source, &compiled, saved, now))
    }

    /// Where the present routes of a source send an event that it has kept; the first of several keeps
    /// its id.
    ///
    /// # Errors
    /// The source cannot judge on this node, or not this event.
    pub fn reroute(
        &self,
        source: &Source,
        event: &Event,
        content: &Content,
    ) -> Result<Routing, NotJudged> {
        let compiled = self.usable(source)?;
        let stored = plan::stored(content);
        let routed = compiled
            .judge
            .route(&event.event_type, &stored, &content.body)
            .map_err(|it| NotJudged::Content(refusal::sentence(refusal::of(it))))?;
        let mut ids = Ids::of_event(event.id, self.0.machine.log_now());
        Ok(plan::routing(&compiled, &routed, &mut ids))
    }
}

fn tried(
    source: &Source,
    compiled: &Compiled,
    saved: &SavedRequest,
    now: Timestamp,
) -> TestSourceResponse {
    if !matches!(saved.method.as_str(), "" | "POST") {
        return refused(Refusal::Method);
    }
    let arrived = arrived(saved);
    let headers: Headers<'_> = headers(&arrived);
    let allowed = saved.sender_address.is_empty() || compiled.listens_to(arrived.from);
    let request = request(&arrived, &headers, now);
    match decide(source, compiled, &arrived, &request, allowed) {
        Err(reason) => refused(reason),
        Ok(Judged::Handshake(answer)) => TestSourceResponse {
            outcome: Outcome::Handshake.into(),
            message: format!("a handshake: it would be answered {:?}", answer.body),
            status: 200,
            ..TestSourceResponse::default()
        },
        Ok(Judged::Received(received)) => taken(source, compiled, &received, now),
    }
}

fn arrived(saved: &SavedRequest) -> Arrived {
    let header = |it: &v1::RequestHeader| (it.name.clone(), it.value.to_vec());
    Arrived {
        team: String::new(),
        slug: String::new(),
        query: Some(saved.query.clone()).filter(|it| !it.is_empty()),
        headers: saved.headers.iter().map(header).collect(),
        body: saved.body.clone(),
        from: saved.sender_address.parse::<IpAddr>().ok(),
        since: Instant::now(),
    }
}

fn refused(reason: Refusal) -> TestSourceResponse {
    TestSourceResponse {
        outcome: Outcome::Refused.into(),
        refusal: reason.into(),
        message: refusal::sentence(reason).to_owned(),
        status: refusal::reply(reason).status.into(),
        ..TestSourceResponse::default()
    }
}

fn taken(
    source: &Source,
    compiled: &Compiled,
    received: &Received,
    now: Timestamp,
) -> TestSourceResponse {
    let secret = received.proof.secret.and_then(|it| source.secrets.get(it));
    let (outcome, message, events) = match &received.routed {
        Routed::Send(destinations) => {
            let planned = |it: &Destination| planned(compiled, it);
            let events = destinations.iter().map(planned).collect();
            match source.mode {
                SourceMode::Paused => (Outcome::Held, "it would be held", events),
                SourceMode::Enabled | SourceMode::Disabled => {
                    (Outcome::Accepted, "it would be queued", events)
                }
            }
        }
        Routed::Drop { .. } => (Outcome::Dropped, "a route would drop it", Vec::new()),
        Routed::Unmatched { keep: true } => {
            let message = "no route matches: it would be kept";
            (Outcome::Unmatched, message, Vec::new())
        }
        Routed::Unmatched { keep: false } => {
            let message = "no route matches: it would be dropped";
            (Outcome::Dropped, message, Vec::new())
        }
    };
    let meta = plan::meta(source, received, now).into_iter();
    TestSourceResponse {
        outcome: outcome.into(),
        refusal: Refusal::Unspecified.into(),
        message: message.to_owned(),
        secret: secret.map_or_else(String::new, |it| it.sealed.name.to_string()),
        event_type: received.event_type.to_string(),
        dedup_key: received.dedup.key.clone().unwrap_or_default(),
        meta: meta
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        events,
        status: 200,
    }
}

fn planned(compiled: &Compiled, it: &Destination) -> PlannedEvent {
    let instruction = it.instruction.as_ref().map(to_wire::instruction);
    PlannedEvent {
        route: it.route.and_then(|it| u32::try_from(it).ok()),
        tag: it
            .tag
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        class: to_wire::class(it.class).into(),
        ordering_key: it
            .ordering_key
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        instruction,
        delay_ms: it.delay_ms.unwrap_or_default(),
        ttl_ms: it.ttl_ms.unwrap_or_default(),
        lease_ms: compiled.lease.map_or(0, |it| it.0),
        attempts: compiled.attempts.unwrap_or_default(),
        shown_bytes: it.shown_bytes,
    }
}
