//! What was done lately.

use std::collections::BTreeMap;

use ackord_proto::v1;
use ackord_proto::v1::{EventState, RefusalReason, ReturnCause, StepKind};
use serde_json::{Value, json};
use tonic::{Response, Status};

use super::{Answer, Asker, said, source, stated};
use crate::cluster::{reason, words};
use crate::frame::EventHistory;
use crate::page;
use crate::time::iso;

/// How many, unless something else is said, and at the most.
const SHOWN: u32 = 20;
const SHOWN_MAX: u32 = 100;
/// Largest event that is read for its skill alone, in bytes.
const READ_MAX: u32 = 64 << 10;

pub(super) async fn events(asker: &Asker, asked: &EventHistory) -> Answer {
    let limit = limit(asked.limit);
    let all = ask(asker, None, limit).await;
    let page = match all {
        // A token that is bound to tags sees those of its own.
        Err(status) if reason(&status) == Some(RefusalReason::NotAllowed) => {
            ask(asker, Some(asker.tag.clone()), limit).await
        }
        all => all,
    };
    let events = page.map_err(|it| words(&it))?.into_inner().events;
    let sources = source::all(asker).await.unwrap_or_default().into_iter();
    let slugs: BTreeMap<String, String> = sources.map(|it| (it.id, it.slug)).collect();
    let mut shown = Vec::with_capacity(events.len());
    for event in &events {
        let skill = skill(asker, event).await;
        shown.push(entry(event, slugs.get(&event.origin), skill));
    }
    Ok(Value::Array(shown))
}

async fn ask(
    asker: &Asker,
    tag: Option<String>,
    limit: u32,
) -> Result<Response<v1::ListHistoryResponse>, Status> {
    let question = v1::ListHistoryRequest {
        tag,
        state: EventState::Done.into(),
        page_size: limit,
        ..v1::ListHistoryRequest::default()
    };
    let cluster = &asker.cluster;
    cluster.events().list_history(cluster.fresh(question)).await
}

/// A number of JavaScript's, as near to it as there is a page.
fn limit(asked: Option<f64>) -> u32 {
    let Some(asked) = asked.filter(|it| it.is_finite()) else {
        return SHOWN;
    };
    let whole = (1..=SHOWN_MAX).rev();
    let mut fitting = whole.filter(|it| f64::from(*it) <= asked);
    fitting.next().unwrap_or(1)
}

/// What its route said to do, which stands beside its body.
async fn skill(asker: &Asker, event: &v1::Event) -> Option<String> {
    if event.body_bytes > READ_MAX {
        return None;
    }
    let question = v1::GetBodyRequest {
        event_id: event.id.clone(),
        at_least: None,
    };
    let cluster = &asker.cluster;
    let body = said(cluster.events().get_body(cluster.call(question)).await).ok()?;
    page::skill(
        body.instruction
            .as_ref()
            .and_then(|it| it.instruction.as_ref()),
    )
}

fn entry(it: &v1::Event, slug: Option<&String>, skill: Option<String>) -> Value {
    let ack = it.ack.clone().unwrap_or_default();
    let is_leased = |step: &&v1::Step| step.kind() == StepKind::Leased;
    let began = it.history.iter().rev().find(is_leased).map(|it| it.at_ms);
    let timed_out = |step: &v1::Step| step.return_cause() == ReturnCause::LeaseExpired;
    let is_webhook = it.origin.starts_with("src_");
    let mut entry = json!({
        "id": it.id,
        "source": page::source(&it.event_type, is_webhook),
        "path": slug.map(|it| format!("/{it}")),
        "skill": skill,
        "summary": ack.summary,
        "completedAt": iso(ack.at_ms),
        "durationMs": began.map_or(0, |began| ack.at_ms.saturating_sub(began)),
        "timedOut": it.history.iter().any(timed_out),
        "dispatchedAt": began.map(iso),
        "type": it.event_type,
        "deliveries": it.deliveries,
    });
    if let Some(tag) = stated(it.tag.clone()) {
        entry["sessionTag"] = tag.into();
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_that_there_are_pages_of() {
        let cases = [
            (None, 20),
            (Some(5.0), 5),
            (Some(5.9), 5),
            (Some(0.0), 1),
            (Some(-3.0), 1),
            (Some(1e300), 100),
            (Some(f64::NAN), 20),
        ];
        for (asked, expected) in cases {
            assert_eq!(limit(asked), expected, "{asked:?}");
        }
    }

    #[test]
    fn an_entry_says_how_long_the_last_delivery_took() {
        let step = |kind: StepKind, at_ms: u64| v1::Step {
            kind: kind.into(),
            at_ms,
            ..v1::Step::default()
        };
        let mut returned = step(StepKind::Returned, 300);
        returned.set_return_cause(ReturnCause::LeaseExpired);
        let event = v1::Event {
            origin: "src_7".to_owned(),
            event_type: "push".to_owned(),
            history: vec![
                step(StepKind::Leased, 100),
                returned,
                step(StepKind::Leased, 400),
            ],
            ack: Some(v1::AckRecord {
                at_ms: 1_000,
                summary: "done".to_owned(),
                ..v1::AckRecord::default()
            }),
            ..v1::Event::default()
        };
        let entry = entry(&event, Some(&"github".to_owned()), None);
        assert_eq!(entry["durationMs"], 600);
        assert_eq!(entry["timedOut"], true);
        assert_eq!(entry["source"], "webhook");
        assert_eq!(entry["path"], "/github");
        assert_eq!(entry["completedAt"], "1970-01-01T00:00:01Z");
    }
}
