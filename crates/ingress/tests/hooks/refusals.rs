//! Requests that are refused, each with its own reason, and what their senders learn from it.

use ackord_core::model::SourceMode;
use ackord_ingress::Arrived;
use ackord_proto::v1::RequestRefusal as Refusal;
use ackord_proto::v1::{SenderRule, SourceRate};

use super::support::*;

impl Site {
    /// The reason of the request that came last.
    fn reason(&self) -> Refusal {
        let last = self.hooks.recent(self.team, None, false, 1);
        last.first().expect("one came").refusal()
    }

    async fn is_refused(&self, request: Arrived, status: u16, reason: Refusal) {
        let reply = self.receive(request).await;
        assert_eq!((reply.status, self.reason()), (status, reason), "{reply:?}");
    }
}

#[tokio::test]
async fn who_is_not_known_learns_nothing_of_what_is_there() {
    let (site, source) = Site::with_github().await;
    let unknown = site.receive(delivery("d-1").to("other")).await;
    assert_eq!(
        (unknown.status, site.reason()),
        (401, Refusal::UnknownSource)
    );
    let forged = site.receive(delivery("d-1").forged()).await;
    assert_eq!(site.reason(), Refusal::BadSignature);
    assert_eq!(forged, unknown);
    let mut unsigned = delivery("d-1");
    unsigned.headers.clear();
    assert_eq!(site.receive(unsigned).await, unknown);
    assert_eq!(site.reason(), Refusal::MissingSignature);
    let mangled = delivery("d-1").with("x-hub-signature-256", "sha256=zz");
    assert_eq!(site.receive(mangled).await, unknown);
    assert_eq!(site.reason(), Refusal::MalformedSignature);
    let mut nowhere = delivery("d-1");
    nowhere.team = "nobody".to_owned();
    assert_eq!(site.receive(nowhere).await, unknown);
    site.set(source, SourceMode::Disabled).await;
    assert_eq!(site.receive(delivery("d-1").forged()).await, unknown);
}

#[tokio::test]
async fn names_that_no_source_can_have_are_unknown() {
    let (site, _) = Site::with_github().await;
    for slug in ["", "GitHub", "git hub", "git\nhub", &"x".repeat(10_000)] {
        let reply = site.receive(delivery("d-1").to(slug)).await;
        assert_eq!(reply.status, 401, "{slug:?}");
    }
}

#[tokio::test]
async fn a_disabled_source_tells_its_provider_so() {
    let (site, source) = Site::with_github().await;
    site.set(source, SourceMode::Disabled).await;
    site.is_refused(delivery("d-1"), 403, Refusal::Disabled)
        .await;
}

#[tokio::test]
async fn what_rules_must_read_must_be_readable() {
    let (site, _) = Site::with_github().await;
    let prose = delivery_of("d-1", "no JSON");
    site.is_refused(prose, 400, Refusal::NotJson).await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    site.is_refused(delivery_of("d-1", &deep), 400, Refusal::TooDeep)
        .await;
    let form = delivery("d-1").with("content-type", "application/x-www-form-urlencoded");
    site.is_refused(form, 400, Refusal::NotJson).await;
    let xml = delivery("d-1").with("content-type", "text/xml");
    site.is_refused(xml, 415, Refusal::BadContentType).await;
    let mut nameless = delivery("d-1");
    nameless.headers.retain(|it| it.0 != "x-github-delivery");
    site.is_refused(nameless, 400, Refusal::MissingDedupKey)
        .await;
    let mut typeless = delivery("d-1");
    typeless.headers.retain(|it| it.0 != "x-github-event");
    site.is_refused(typeless, 400, Refusal::MissingEventType)
        .await;
}

#[tokio::test]
async fn a_body_has_the_bound_of_its_source() {
    let site = Site::start().await;
    let mut definition = preset("github");
    definition.body_bytes_max = 100;
    site.source("github", definition).await;
    said(&site.receive(delivery_of("d-1", "{}")).await);
    let large = format!("{{\"of\":\"{}\"}}", "x".repeat(100));
    site.is_refused(delivery_of("d-2", &large), 413, Refusal::TooLarge)
        .await;
    let forged = delivery_of("d-3", &large).forged();
    site.is_refused(forged, 401, Refusal::BadSignature).await;
}

#[tokio::test]
async fn a_source_takes_so_many_requests_and_strangers_use_up_none() {
    let site = Site::start().await;
    let mut definition = preset("github");
    definition.rate = Some(SourceRate {
        per_minute: 1,
        burst: 2,
    });
    site.source("github", definition).await;
    for _ in 0..5 {
        site.receive(delivery("d-1").forged()).await;
    }
    said(&site.receive(delivery_of("d-1", "{}")).await);
    said(&site.receive(delivery_of("d-2", "[]")).await);
    let third = site.receive(delivery_of("d-3", "{}")).await;
    assert_eq!((third.status, site.reason()), (429, Refusal::RateLimited));
    assert!(third.retry_after_s.is_some());
}

#[tokio::test]
async fn only_the_networks_that_are_named_may_send() {
    let site = Site::start().await;
    let mut definition = preset("github");
    definition.networks = vec!["192.0.2.0/24".to_owned(), "2001:db8::/32".to_owned()];
    site.source("github", definition).await;
    said(&site.receive(delivery("d-1")).await);
    let mut elsewhere = delivery("d-2");
    elsewhere.from = "198.51.100.1".parse().ok();
    site.is_refused(elsewhere.clone(), 403, Refusal::NetworkNotAllowed)
        .await;
    site.is_refused(elsewhere.forged(), 401, Refusal::BadSignature)
        .await;
}

#[tokio::test]
async fn only_the_senders_that_are_named_are_listened_to_and_the_provider_did_nothing_wrong() {
    let site = Site::start().await;
    let mut definition = preset("github");
    definition.sender = Some(SenderRule {
        allow: vec!["hubot".to_owned()],
        ..SenderRule::default()
    });
    site.source("github", definition).await;
    site.is_refused(delivery("d-1"), 200, Refusal::SenderNotAllowed)
        .await;
}

#[tokio::test]
async fn secrets_that_cannot_be_opened_put_senders_off() {
    let site = Site::start().await;
    // Under a key of the same name, which is another one.
    site.source_under(&keyring(), "github", preset("github"))
        .await;
    let reply = site.receive(delivery("d-1")).await;
    assert_eq!((reply.status, site.reason()), (503, Refusal::Overloaded));
}
