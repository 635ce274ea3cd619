//! Requests that are only tried, and kept ones that are routed again.

use ackord_core::command::Routing;
use ackord_core::model::{Content, Event};
use ackord_core::rows::{Key, Row, Rows};
use ackord_ingress::Arrived;
use ackord_proto::v1::{
    RequestHeader, RequestOutcome as Outcome, RequestRefusal as Refusal, Route, RouteSend,
    SavedRequest, UnmatchedPolicy, route,
};

use super::support::*;

fn saved(request: &Arrived) -> SavedRequest {
    let header = |(name, value): &(String, Vec<u8>)| RequestHeader {
        name: name.clone(),
        value: value.clone().into(),
    };
    SavedRequest {
        headers: request.headers.iter().map(header).collect(),
        body: request.body.to_vec().into(),
        ..SavedRequest::default()
    }
}

fn to_tag(event_type: &str, tag: &str) -> Route {
    Route {
        event_type: event_type.to_owned(),
        conditions: vec![],
        action: Some(route::Action::Send(RouteSend {
            tags: vec![tag.to_owned()],
            ..RouteSend::default()
        })),
    }
}

#[tokio::test]
async fn a_request_that_is_tried_says_what_would_become_of_it_and_leaves_no_trace() {
    let (site, _) = Site::with_github().await;
    let source = site.known("github");
    let tried = site.hooks.test(&source, None, &saved(&delivery("d-1")));
    let tried = tried.expect("it can judge");
    assert_eq!((tried.outcome(), tried.status), (Outcome::Accepted, 200));
    assert_eq!(tried.secret, "first");
    assert_eq!(tried.event_type, "pull_request.opened");
    assert_eq!(tried.dedup_key, "d-1");
    assert_eq!(tried.meta["ackord.sender"], "octocat");
    assert_eq!(tried.events.len(), 1);
    assert_eq!(site.hooks.recent(site.team, None, false, 9), []);
    // It was not taken for a first one.
    assert_eq!(said(&site.receive(delivery("d-1")).await).0, "accepted");
}

#[tokio::test]
async fn a_request_is_tried_under_another_definition() {
    let (site, _) = Site::with_github().await;
    let mut definition = preset("github");
    definition.routes = vec![to_tag("push", "a"), to_tag("*", "b")];
    let source = site.known("github");
    let tried = site
        .hooks
        .test(&source, Some(&definition), &saved(&delivery("d-1")));
    let tried = tried.expect("it can judge");
    let [event] = &tried.events[..] else {
        panic!("not one: {tried:?}");
    };
    assert_eq!((event.route, &*event.tag), (Some(1), "b"));
}

#[tokio::test]
async fn a_request_that_is_tried_says_why_it_would_be_refused() {
    let (site, _) = Site::with_github().await;
    let source = site.known("github");
    let test = |it: &SavedRequest| site.hooks.test(&source, None, it).expect("it can judge");
    let forged = test(&saved(&delivery("d-1").forged()));
    assert_eq!(
        (forged.outcome(), forged.refusal(), forged.status),
        (Outcome::Refused, Refusal::BadSignature, 401)
    );
    let put = SavedRequest {
        method: "PUT".to_owned(),
        ..saved(&delivery("d-1"))
    };
    assert_eq!(test(&put).refusal(), Refusal::Method);
}

async fn kept(site: &Site, id: &str) -> (Event, Content) {
    let (team, id) = (site.team, id.parse().expect("an id"));
    let read = site.machine.read(move |rows| {
        let event = rows.get(&Key::Event(team, id))?;
        Ok((event, rows.get(&Key::Content(team, id))?))
    });
    match read.await {
        (Some(Row::Event(event)), Some(Row::Content(content))) => ((*event).clone(), content),
        other => panic!("not there: {other:?}"),
    }
}

#[tokio::test]
async fn what_was_kept_goes_where_the_routes_of_today_send_it() {
    let site = Site::start().await;
    let mut definition = preset("github");
    definition.routes = vec![to_tag("push", "a")];
    definition.unmatched = UnmatchedPolicy::Keep.into();
    let source = site.source("github", definition.clone()).await;
    let (outcome, events) = said(&site.receive(delivery("d-1")).await);
    assert_eq!(outcome, "unmatched");
    definition.routes.push(to_tag("pull_request.*", "b"));
    site.update(source, None, Some(&definition)).await;
    let (event, content) = kept(&site, &events[0]).await;
    let routing = site
        .hooks
        .reroute(&site.known("github"), &event, &content)
        .expect("it can judge");
    let Routing::Events(routed) = routing else {
        panic!("not routed: {routing:?}");
    };
    assert_eq!(routed[0].event, event.id);
    assert_eq!(routed[0].tag.as_ref().map(|it| it.as_str()), Some("b"));
}
