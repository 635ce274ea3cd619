//! What people are told of requests: everything but secrets and bodies.

use std::io;
use std::sync::{Arc, Mutex};

use ackord_proto::v1::RequestOutcome as Outcome;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::support::*;

#[tokio::test]
async fn requests_are_remembered_with_what_became_of_them() {
    let (site, _) = Site::with_github().await;
    let (_, events) = said(&site.receive(delivery("d-1")).await);
    site.receive(delivery("d-2").forged()).await;
    let all = site.hooks.recent(site.team, Some("github"), false, 9);
    let [refused, taken] = &all[..] else {
        panic!("not two: {all:?}");
    };
    assert_eq!(taken.outcome(), Outcome::Accepted);
    assert_eq!(taken.event_ids, events);
    assert_eq!(taken.event_type, "pull_request.opened");
    assert_eq!(taken.dedup_key, "d-1");
    assert_eq!(taken.sender_address, "192.0.2.7");
    assert_eq!(taken.body_bytes, BODY.len() as u64);
    assert_eq!((refused.outcome(), refused.status), (Outcome::Refused, 401));
    // Nobody vouches for what an unverified request says of itself.
    assert_eq!((&*refused.event_type, &*refused.dedup_key), ("", ""));
    let refused_only = site.hooks.recent(site.team, None, true, 9);
    assert_eq!(refused_only, std::slice::from_ref(refused));
}

/// What is logged while this lives, but for DEBUG.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("nobody panics with it").clone();
        String::from_utf8(bytes).expect("text")
    }
}

impl io::Write for Log {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics with it").extend(some);
        Ok(some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_operator_sees_refusals_and_neither_secrets_nor_bodies() {
    let (site, _) = Site::with_github().await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    for at in 0..9 {
        site.receive(delivery(&format!("d-{at}")).forged()).await;
        site.receive(delivery("d-1").to("gitlab")).await;
        site.receive(delivery_of("d-1", "a body that is no JSON"))
            .await;
    }
    drop(guard);
    let text = log.text();
    let lines: Vec<_> = text.lines().filter(|it| it.contains("refused")).collect();
    let [forged, unknown, prose] = &lines[..] else {
        panic!("not one of each kind:\n{text}");
    };
    for (line, level, what) in [
        (forged, " INFO ", "slug=\"github\""),
        (forged, " INFO ", "reason=\"bad_signature\""),
        (forged, " INFO ", "from=\"192.0.2.7\""),
        (unknown, " INFO ", "reason=\"unknown_source\""),
        (prose, " WARN ", "reason=\"not_json\""),
        (prose, " WARN ", "left_out=0"),
    ] {
        assert!(line.contains(level) && line.contains(what), "{line}");
    }
    let signature = signature("guessed", BODY.as_bytes());
    for hidden in [SECRET, &signature, "octocat", "a body"] {
        assert!(!text.contains(hidden), "{hidden} is in\n{text}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_outcome_and_reason() {
    let (site, _) = Site::with_github().await;
    let mut registry = Registry::default();
    site.hooks.register_metrics(&mut registry);
    site.receive(delivery("d-1")).await;
    site.receive(delivery("d-1")).await;
    site.receive(delivery("d-2").forged()).await;
    let mut page = String::new();
    encode(&mut page, &registry).expect("a text takes any text");
    for line in [
        "webhooks_total{outcome=\"accepted\"} 1",
        "webhooks_total{outcome=\"duplicate\"} 1",
        "webhooks_total{outcome=\"refused\"} 1",
        "webhook_refusals_total{reason=\"bad_signature\"} 1",
        "webhook_answer_seconds_count 3",
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
}
