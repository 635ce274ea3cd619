//! What people do about webhooks: try requests, look at those that came, seal anew, route again.

mod rerouted;

use std::path::Path;

use ackord_chaos::{http, source};
use ackord_node::Config;
use ackord_node::config::{Http, SealingKey, Secrets};
use ackord_proto::v1::route::Action;
use ackord_proto::v1::verification::Rule;
use ackord_proto::v1::{
    CreateSourceRequest, EventState, GetSourceRequest, ListRequestsRequest, NewSecret,
    ReceivedRequest, RefusalReason, RequestHeader, RequestOutcome as Outcome,
    RequestRefusal as Refusal, ResealSourceRequest, Role, Route, RouteDrop, RouteSend,
    SavedRequest, SourceDefinition, TestSourceRequest, UnmatchedPolicy, UpdateSourceRequest,
    Verification,
};
use ackord_seal::Key;
use tonic::Code;

use crate::support::{Client, Node, assert_invalid, assert_refused, refusal};

const SECRET: &str = "a secret of this test";
const BODY: &str = r#"{"action":"opened","number":7,"sender":{"login":"octocat"}}"#;

fn by_preset(name: &str) -> SourceDefinition {
    SourceDefinition {
        verification: Some(Verification {
            rule: Some(Rule::Preset(name.to_owned())),
            ..Verification::default()
        }),
        ..SourceDefinition::default()
    }
}

fn route(event_type: &str, action: Action) -> Route {
    Route {
        event_type: event_type.to_owned(),
        conditions: Vec::new(),
        action: Some(action),
    }
}

fn to(tags: &[&str]) -> Action {
    Action::Send(RouteSend {
        tags: tags.iter().map(|it| (*it).to_owned()).collect(),
        ..RouteSend::default()
    })
}

/// GitHub's, with these routes; what none of them matches is kept.
fn routed(routes: Vec<Route>) -> SourceDefinition {
    SourceDefinition {
        routes,
        unmatched: UnmatchedPolicy::Keep.into(),
        ..by_preset("github")
    }
}

/// A node that senders can reach.
async fn reachable() -> Node {
    Node::start_with(with_port).await
}

fn with_port(config: &mut Config) {
    config.http = Some(Http::at("127.0.0.1:0".parse().expect("an address")));
}

async fn create(member: &mut Client, slug: &str, definition: SourceDefinition) {
    let request = CreateSourceRequest {
        slug: slug.to_owned(),
        definition: Some(definition),
        secrets: vec![NewSecret {
            value: SECRET.as_bytes().into(),
            ..NewSecret::default()
        }],
        ..CreateSourceRequest::default()
    };
    let made = member.sources.create_source(request).await;
    made.expect("a source is made");
}

async fn redefine(member: &mut Client, definition: SourceDefinition) {
    let request = UpdateSourceRequest {
        slug: "github".to_owned(),
        definition: Some(definition),
        ..UpdateSourceRequest::default()
    };
    let changed = member.sources.update_source(request).await;
    changed.expect("the source is changed");
}

/// Sends what GitHub would send: the status, and the first event that stands for it.
async fn send(node: &Node, path: &str, delivery: &str, secret: &str) -> (u16, String) {
    let at = node.server.web()[0];
    let path = path.to_owned();
    let body = BODY.replace('7', delivery);
    let headers = source::github(secret, "pull_request", delivery, &body);
    let sent = tokio::task::spawn_blocking(move || http::post(at, &path, &headers, &body));
    let (status, answer) = sent.await.expect("no panic").expect("it answers");
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
    let event = answer["events"][0].as_str().unwrap_or_default();
    (status, event.to_owned())
}

/// A key of a directory, drawn if it is not there.
fn key(dir: &Path, id: &str) -> SealingKey {
    let file = dir.join(format!("{id}.key"));
    if !file.exists() {
        std::fs::write(&file, &*Key::draw().to_text()).expect("a directory that takes files");
    }
    SealingKey {
        id: id.to_owned(),
        file: Some(file),
        env: None,
    }
}

/// The node with these keys, of which the last one seals.
async fn under(node: Node, ids: &[&str]) -> Node {
    let keys = ids.iter().map(|it| key(node.dir.path(), it)).collect();
    let secrets = Secrets {
        current: ids.last().map(|it| (*it).to_owned()),
        keys,
    };
    let restart = node.restart_with(|config| {
        with_port(config);
        config.secrets = Some(secrets);
    });
    restart.await
}

#[tokio::test]
async fn secrets_that_were_sealed_anew_open_without_the_old_key() {
    let node = under(Node::start().await, &["old"]).await;
    let team = node.make_team("acme").await;
    let (mut member, token) = node.member_with_secret(&team).await;
    create(&mut member, "github", by_preset("github")).await;
    create(&mut member, "left", by_preset("github")).await;

    let node = under(node, &["old", "new"]).await;
    let mut member = node.client(&token).await;
    let reseal = |slug: &str| ResealSourceRequest {
        slug: slug.to_owned(),
    };
    let sealed = member.sources.reseal_source(reseal("github")).await;
    let sealed = sealed.expect("sealed anew").into_inner();
    let told = (sealed.resealed, sealed.key_id.as_str(), sealed.revision);
    assert_eq!(told, (1, "new", 2));
    assert!(sealed.position.is_some());
    let again = member.sources.reseal_source(reseal("github")).await;
    let again = again.expect("looked at").into_inner();
    assert_eq!((again.resealed, again.revision), (0, 2));
    let got = member.sources.get_source(GetSourceRequest {
        slug: "github".to_owned(),
        at_least: sealed.position,
    });
    let got = got.await.expect("there").into_inner().source;
    let keys = got.expect("the source").secrets;
    assert_eq!((&*keys[0].name, &*keys[0].key_id), ("s1", "new"));

    let node = under(node, &["new"]).await;
    let mut member = node.client(&token).await;
    let (status, _) = send(&node, "/webhooks/acme/github", "1", SECRET).await;
    assert_eq!(status, 200);
    let (status, _) = send(&node, "/webhooks/acme/github", "2", "guessed").await;
    assert_eq!(status, 401);
    // What was left under the old key opens nowhere any more.
    let (status, _) = send(&node, "/webhooks/acme/left", "1", SECRET).await;
    assert_eq!(status, 503);
    let refused = member.sources.reseal_source(reseal("left")).await;
    assert_refused(refused, Code::FailedPrecondition, RefusalReason::NoSeal);
    node.server.shutdown().await;
}

fn saved(secret: &str) -> SavedRequest {
    let headers = source::github(secret, "pull_request", "d-1", BODY);
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").expect("a header");
        RequestHeader {
            name: name.to_owned(),
            value: value.as_bytes().to_vec().into(),
        }
    };
    SavedRequest {
        headers: headers.lines().map(header).collect(),
        body: BODY.as_bytes().into(),
        ..SavedRequest::default()
    }
}

fn test(request: SavedRequest) -> TestSourceRequest {
    TestSourceRequest {
        slug: "github".to_owned(),
        request: Some(request),
        definition: None,
    }
}

#[tokio::test]
async fn a_saved_request_is_judged_and_leaves_nothing() {
    let node = reachable().await;
    let team = node.make_team("acme").await;
    let mut member = node.member(&team, &[Role::Admin], &[]).await;
    let tags = ["review", "audit"];
    create(&mut member, "github", routed(vec![route("*", to(&tags))])).await;

    let judged = member.sources.test_source(test(saved(SECRET))).await;
    let judged = judged.expect("judged").into_inner();
    let told = (judged.outcome(), judged.status, judged.secret.as_str());
    assert_eq!(told, (Outcome::Accepted, 200, "s1"));
    assert_eq!(judged.event_type, "pull_request.opened");
    assert_eq!(judged.dedup_key, "d-1");
    assert_eq!(judged.meta["ackord.sender"], "octocat");
    let planned: Vec<_> = judged
        .events
        .iter()
        .map(|it| (&*it.tag, it.route))
        .collect();
    assert_eq!(planned, [("review", Some(0)), ("audit", Some(0))]);

    let forged = member.sources.test_source(test(saved("guessed"))).await;
    let forged = forged.expect("judged").into_inner();
    let told = (forged.outcome(), forged.refusal(), forged.status);
    assert_eq!(told, (Outcome::Refused, Refusal::BadSignature, 401));
    assert!(!forged.message.is_empty() && forged.events.is_empty());

    let requests = member.sources.list_requests(ListRequestsRequest::default());
    let requests = requests.await.expect("a list").into_inner().requests;
    assert_eq!(requests, []);
    let (_, event) = send(&node, "/webhooks/acme/github", "1", SECRET).await;
    assert_eq!(member.state(&event).await, EventState::Ready);

    let mut observer = node.member(&team, &[Role::Observe], &[]).await;
    let refused = observer.sources.test_source(test(saved(SECRET))).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_definition_is_tried_before_it_holds() {
    let node = reachable().await;
    let mut member = node.team("acme").await;
    create(&mut member, "github", by_preset("github")).await;
    let with = |definition: SourceDefinition| TestSourceRequest {
        definition: Some(definition),
        ..test(saved(SECRET))
    };
    let dropping = routed(vec![route("pull_request.*", Action::Drop(RouteDrop {}))]);
    for (definition, expected) in [
        (dropping, Outcome::Dropped),
        (routed(vec![route("push", to(&[]))]), Outcome::Unmatched),
    ] {
        let judged = member.sources.test_source(with(definition)).await;
        assert_eq!(judged.expect("judged").into_inner().outcome(), expected);
    }
    let networks = SourceDefinition {
        networks: vec!["192.0.2.0".to_owned()],
        ..by_preset("github")
    };
    for (definition, field) in [
        (by_preset("githib"), "definition.verification.preset"),
        (by_preset("none"), "secrets"),
        (networks, "definition.networks[0]"),
    ] {
        let refused = member.sources.test_source(with(definition)).await;
        assert_invalid(refused, field);
    }
    let nothing = TestSourceRequest {
        request: None,
        ..test(saved(SECRET))
    };
    let refused = member.sources.test_source(nothing).await;
    assert_invalid(refused, "request");
    node.server.shutdown().await;
}

fn told(request: &ReceivedRequest) -> (&str, Outcome, Refusal, u32) {
    let status = request.status;
    (&request.slug, request.outcome(), request.refusal(), status)
}

#[tokio::test]
async fn requests_are_listed_to_the_team_that_they_came_to() {
    let node = reachable().await;
    let team = node.make_team("acme").await;
    let mut member = node.member(&team, &[Role::Manage], &[]).await;
    create(&mut member, "github", by_preset("github")).await;
    let (_, event) = send(&node, "/webhooks/acme/github", "1", SECRET).await;
    send(&node, "/webhooks/acme/github", "1", SECRET).await;
    send(&node, "/webhooks/acme/github", "2", "guessed").await;
    send(&node, "/webhooks/acme/gitlab", "3", SECRET).await;

    let mut observer = node.member(&team, &[Role::Observe], &[]).await;
    let listed = observer
        .sources
        .list_requests(ListRequestsRequest::default());
    let listed = listed.await.expect("a list").into_inner();
    assert_eq!(listed.node_id, "node_1");
    let forged = ("github", Outcome::Refused, Refusal::BadSignature, 401);
    let unknown = ("gitlab", Outcome::Refused, Refusal::UnknownSource, 401);
    let all: Vec<_> = listed.requests.iter().map(told).collect();
    let duplicate = ("github", Outcome::Duplicate, Refusal::Unspecified, 200);
    let accepted = ("github", Outcome::Accepted, Refusal::Unspecified, 200);
    assert_eq!(all, [unknown, forged, duplicate, accepted]);
    let first = &listed.requests[3];
    assert_eq!(first.event_ids, [event]);
    let said = (
        &*first.event_type,
        &*first.dedup_key,
        &*first.sender_address,
    );
    assert_eq!(said, ("pull_request.opened", "1", "127.0.0.1"));

    let asked = |slug: &str, refused, page_size| ListRequestsRequest {
        slug: slug.to_owned(),
        refused,
        page_size,
    };
    for (asked, expected) in [
        (asked("github", true, 0), vec![forged]),
        (asked("", true, 0), vec![unknown, forged]),
        (asked("github", false, 2), vec![forged, duplicate]),
        (asked("other", false, 0), vec![]),
    ] {
        let listed = observer.sources.list_requests(asked).await;
        let listed = listed.expect("a list").into_inner().requests;
        assert_eq!(listed.iter().map(told).collect::<Vec<_>>(), expected);
    }
    let mut other = node.team("other").await;
    let listed = other.sources.list_requests(ListRequestsRequest::default());
    assert_eq!(listed.await.expect("a list").into_inner().requests, []);
    let mut submitter = node.member(&team, &[Role::Submit], &[]).await;
    let refused = submitter.sources.list_requests(asked("", false, 0)).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_node_that_takes_no_webhooks_says_so_and_where_to_ask() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let listed = member.sources.list_requests(ListRequestsRequest::default());
    let (code, refusal) = refusal(listed.await);
    assert_eq!(code, Code::FailedPrecondition);
    assert_eq!(refusal.reason(), RefusalReason::NoWebhooks);
    assert!(refusal.what_to_do.contains("[http]"), "{refusal:?}");
    // It tries requests all the same.
    create(&mut member, "github", by_preset("github")).await;
    let judged = member.sources.test_source(test(saved(SECRET))).await;
    let judged = judged.expect("judged").into_inner();
    assert_eq!(judged.outcome(), Outcome::Accepted);
    node.server.shutdown().await;
}
