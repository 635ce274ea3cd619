//! Requests that are taken.

use ackord_core::model::{Class, Content, Event, SourceMode};
use ackord_core::rows::{Key, Row, Rows};
use ackord_core::text::ContentType;
use ackord_core::time::Millis;
use ackord_proto::v1::{Condition, Place};
use ackord_proto::v1::{
    DedupRule, MissingKey, OneOf, Route, RouteDrop, RouteSend, UnmatchedPolicy, condition, place,
    route,
};

use super::support::*;

/// An event as it is stored.
async fn kept(site: &Site, id: &str) -> (Box<Event>, Content) {
    let (team, id) = (site.team, id.parse().expect("an event's id"));
    let read = site.machine.read(move |rows| {
        let event = rows.get(&Key::Event(team, id))?;
        Ok((event, rows.get(&Key::Content(team, id))?))
    });
    match read.await {
        (Some(Row::Event(event)), Some(Row::Content(content))) => (event, content),
        other => panic!("the event is not there: {other:?}"),
    }
}

#[tokio::test]
async fn a_delivery_becomes_an_event_with_verified_facts() {
    let (site, source) = Site::with_github().await;
    let (outcome, events) = said(&site.receive(delivery("d-1")).await);
    assert_eq!((outcome.as_str(), events.len()), ("accepted", 1));
    let (event, content) = kept(&site, &events[0]).await;
    assert_eq!(event.event_type.as_str(), "pull_request.opened");
    assert_eq!(event.origin, ackord_core::model::Origin::Source(source));
    assert_eq!(&content.body[..], BODY.as_bytes());
    let meta = |name: &str| {
        let found = content.meta.iter().find(|(key, _)| key.as_str() == name);
        found.map(|(_, value)| value.as_str().to_owned())
    };
    assert_eq!(meta("ackord.source").as_deref(), Some("github"));
    assert_eq!(meta("ackord.provider_delivery_id").as_deref(), Some("d-1"));
    assert_eq!(meta("ackord.sender").as_deref(), Some("octocat"));
    assert_eq!(meta("x-github-event").as_deref(), Some("pull_request"));
    assert_eq!(meta("x-hub-signature-256"), None);
}

#[tokio::test]
async fn what_came_in_a_form_is_kept_as_the_json_that_was_in_it() {
    let (site, _) = Site::with_github().await;
    let escaped = |it: u8| format!("%{it:02X}");
    let form = format!("payload={}", BODY.bytes().map(escaped).collect::<String>());
    let request =
        delivery_of("d-1", &form).with("content-type", "application/x-www-form-urlencoded");
    let (outcome, events) = said(&site.receive(request.clone()).await);
    assert_eq!(outcome, "accepted");
    let (event, content) = kept(&site, &events[0]).await;
    assert_eq!(event.event_type.as_str(), "pull_request.opened");
    assert_eq!(&content.body[..], BODY.as_bytes());
    let content_type = content.content_type.as_ref().map(ContentType::as_str);
    assert_eq!(content_type, Some("application/json"));
    let again = request.with("x-github-delivery", "d-2");
    assert_eq!(
        said(&site.receive(again).await),
        ("duplicate".to_owned(), events)
    );
}

#[tokio::test]
async fn the_same_delivery_again_is_the_first_event() {
    let (site, _) = Site::with_github().await;
    let (_, first) = said(&site.receive(delivery("d-1")).await);
    let (outcome, again) = said(&site.receive(delivery("d-1")).await);
    assert_eq!((outcome.as_str(), &again), ("duplicate", &first));
    // GitHub signs no id: a captured body under another one is the same event for a while.
    let (outcome, captured) = said(&site.receive(delivery("d-2")).await);
    assert_eq!((outcome.as_str(), &captured), ("duplicate", &first));
}

#[tokio::test]
async fn where_one_body_comes_under_several_types_it_is_known_by_both() {
    let site = Site::start().await;
    let mut definition = preset("github");
    definition.dedup = Some(DedupRule {
        body_window_by_type: Some(true),
        ..DedupRule::default()
    });
    site.source("github", definition).await;
    let (_, made) = said(&site.receive(delivery("d-1")).await);
    let paid = delivery("d-2").with("x-github-event", "paid");
    let (outcome, paid) = said(&site.receive(paid).await);
    assert_eq!(outcome, "accepted");
    assert_ne!(paid, made);
    let (outcome, captured) = said(&site.receive(delivery("d-3")).await);
    assert_eq!((outcome.as_str(), &captured), ("duplicate", &made));
}

#[tokio::test]
async fn a_delivery_without_a_key_is_queued_whenever_it_comes_if_that_is_said() {
    let site = Site::start().await;
    let mut definition = preset("github");
    definition.dedup = Some(DedupRule {
        missing: MissingKey::None.into(),
        body_window_ms: Some(0),
        ..DedupRule::default()
    });
    site.source("github", definition).await;
    let mut nameless = delivery("");
    nameless.headers.retain(|it| it.0 != "x-github-delivery");
    let (_, one) = said(&site.receive(nameless.clone()).await);
    let (outcome, two) = said(&site.receive(nameless).await);
    assert_eq!(outcome, "accepted");
    assert_ne!(one, two);
}

#[tokio::test]
async fn a_paused_source_accepts_and_holds() {
    let (site, source) = Site::with_github().await;
    site.set(source, SourceMode::Paused).await;
    let (outcome, _) = said(&site.receive(delivery("d-1")).await);
    assert_eq!(outcome, "held");
}

fn sends(event_type: &str, tags: &[&str], class: Class) -> Route {
    Route {
        event_type: event_type.to_owned(),
        conditions: vec![],
        action: Some(route::Action::Send(RouteSend {
            tags: tags.iter().map(|it| (*it).to_owned()).collect(),
            class: ackord_proto::to_wire::class(class).into(),
            ..RouteSend::default()
        })),
    }
}

#[tokio::test]
async fn the_first_route_that_matches_decides() {
    let site = Site::start().await;
    let mut definition = preset("github");
    let by_a_robot = Condition {
        place: Some(Place {
            place: Some(place::Place::Pointer("/sender/login".to_owned())),
        }),
        test: Some(condition::Test::OneOf(OneOf {
            values: vec!["robot".to_owned()],
        })),
        negate: false,
    };
    definition.routes = vec![
        Route {
            event_type: "*".to_owned(),
            conditions: vec![by_a_robot],
            action: Some(route::Action::Drop(RouteDrop {})),
        },
        sends("pull_request.*", &["review", "audit"], Class::Priority),
    ];
    definition.unmatched = UnmatchedPolicy::Keep.into();
    site.source("github", definition).await;

    let (outcome, events) = said(&site.receive(delivery("d-1")).await);
    assert_eq!((outcome.as_str(), events.len()), ("accepted", 2));
    let robot = delivery_of("d-2", r#"{"action":"opened","sender":{"login":"robot"}}"#);
    let (outcome, events) = said(&site.receive(robot).await);
    assert_eq!((outcome.as_str(), events.len()), ("dropped", 0));
    let push = delivery_of("d-3", "{}").with("x-github-event", "push");
    let (outcome, events) = said(&site.receive(push).await);
    assert_eq!((outcome.as_str(), events.len()), ("unmatched", 1));
}

#[tokio::test]
async fn a_handshake_is_answered_only_while_the_source_is_open_for_pairing() {
    let site = Site::start().await;
    let source = site.source("slack", preset("slack")).await;
    let handshake = || {
        let body = r#"{"type":"url_verification","challenge":"echo this"}"#;
        let now = site.machine.log_now().0 / 1000;
        let signed = format!("v0:{now}:{body}");
        let signature = signature(SECRET, signed.as_bytes()).replace("sha256=", "v0=");
        delivery_of("", body)
            .to("slack")
            .with("x-slack-request-timestamp", &now.to_string())
            .with("x-slack-signature", &signature)
    };
    assert_eq!(site.receive(handshake()).await.status, 403);
    site.open_pairing(source, Millis::from_mins(10)).await;
    let answer = site.receive(handshake()).await;
    assert_eq!(answer.status, 200);
    assert!(String::from_utf8_lossy(&answer.body).contains("echo this"));
    site.open_pairing(source, Millis(0)).await;
    assert_eq!(site.receive(handshake()).await.status, 403);
}
