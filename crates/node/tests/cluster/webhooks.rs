//! Webhooks to three nodes.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use ackord_chaos::fleet::Fleet;
use ackord_chaos::http;
use ackord_chaos::source::{Plan, github, make};
use ackord_client::{SessionOptions, v1};
use serde_json::Value;

use crate::{ALL, LONG, PROGRAM, born};

const SECRET: &str = "canary-of-the-secret-kind";
const BODY: &str = r#"{"action":"opened","number":7,"of":"canary-of-a-body"}"#;
const PLAN: Plan<'_> = Plan {
    slug: "github",
    preset: "github",
    secret: SECRET,
    tag: "t",
    deadline_ms: 60_000,
};

/// Sends a delivery to a node: the status, and the events that it names.
fn send(fleet: &Fleet, at: usize, path: &str, delivery: &str, body: &str) -> (u16, Vec<String>) {
    let headers = github(SECRET, "pull_request", delivery, body);
    let (status, text) = http::post(fleet.web(at), path, &headers, body).expect("it answers");
    let said: Value = serde_json::from_str(&text).unwrap_or_default();
    let events = said["events"].as_array().cloned().unwrap_or_default();
    let events = events.iter().filter_map(Value::as_str).map(str::to_owned);
    (status, events.collect())
}

#[tokio::test]
async fn any_node_takes_a_webhook_and_all_know_it_again() {
    let (_dir, fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let path = make(&fleet, &token, PLAN).await.expect("made");
    assert_eq!(path, "/webhooks/team/github");
    let client = fleet.client(&token);
    let mut session = client
        .attach(SessionOptions::new("s").tag("t"))
        .await
        .expect("attached");
    for at in ALL {
        let body = format!("{{\"number\":{at}}}");
        let delivery = format!("d-{at}");
        let (status, events) = send(&fleet, at, &path, &delivery, &body);
        assert_eq!((status, events.len()), (200, 1));
        let event = session.next().await.expect("an event");
        assert_eq!(event.event_id, events[0]);
        assert_eq!(event.body, body);
        assert_eq!(event.meta["ackord.source"], "github");
        event.ack("done").await.expect("it counts");
        for other in ALL {
            let again = send(&fleet, other, &path, &delivery, &body);
            assert_eq!(again, (200, events.clone()));
        }
    }
}

#[tokio::test]
async fn a_webhook_is_held_through_a_change_of_the_leader() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let path = make(&fleet, &token, PLAN).await.expect("made");
    let leader = fleet.leader().await.expect("one leads");
    let follower = ALL.into_iter().find(|it| *it != leader).expect("another");
    fleet.kill(leader);
    let (status, events) = send(&fleet, follower, &path, "d-1", BODY);
    assert_eq!((status, events.len()), (200, 1));
    let again = send(&fleet, follower, &path, "d-1", BODY);
    assert_eq!(again, (200, events));
}

#[tokio::test]
async fn without_a_quorum_a_webhook_is_put_off() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let plan = Plan {
        deadline_ms: 5_000,
        ..PLAN
    };
    let path = make(&fleet, &token, plan).await.expect("made");
    fleet.kill(1);
    fleet.kill(2);
    assert_eq!(send(&fleet, 0, &path, "d-1", BODY), (503, vec![]));
    fleet.start_all().expect("they run");
    fleet.serving(&ALL).await.expect("they serve");
    // Its sender comes again as long as it is put off.
    let begun = Instant::now();
    let (status, events) = loop {
        let answer = send(&fleet, 0, &path, "d-1", BODY);
        if answer.0 != 503 || begun.elapsed() > LONG {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((status, events.len()), (200, 1));
}

/// What `ackord source requests` says where all nodes are named.
fn requests(fleet: &Fleet, token: &str, form: &str) -> Output {
    let servers = ALL.map(|at| format!("http://{}", fleet.address(at)));
    let mut command = Command::new(PROGRAM);
    command
        .args(["source", "requests", "--output", form])
        .env("ACKORD_SERVER", servers.join(","))
        .env("ACKORD_TOKEN", token);
    command.output().expect("the program runs")
}

#[tokio::test]
async fn requests_to_all_nodes_are_shown_together() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let path = make(&fleet, &token, PLAN).await.expect("made");
    for at in ALL {
        assert_eq!(send(&fleet, at, &path, "d-1", BODY).0, 200);
    }
    let said = requests(&fleet, &token, "json");
    assert!(said.status.success(), "{said:?}");
    let text = String::from_utf8(said.stdout).expect("text");
    let rows = text.lines();
    let rows: Vec<Value> = rows
        .map(|it| serde_json::from_str(it).expect("an object a line"))
        .collect();
    for node in ["node_1", "node_2", "node_3"] {
        assert!(rows.iter().any(|it| it["node_id"] == node), "{rows:?}");
    }
    let at = |it: &Value| it["at"].as_str().expect("an instant").to_owned();
    let is_sorted = rows.is_sorted_by(|one, next| at(one) >= at(next));
    assert!(is_sorted, "{rows:?}");

    // A node that is away is told of, and the others have their say.
    fleet.kill(1);
    let said = requests(&fleet, &token, "table");
    assert!(said.status.success(), "{said:?}");
    let [out, err] = [said.stdout, said.stderr].map(|it| String::from_utf8(it).expect("text"));
    assert!(out.starts_with("NODE") && out.contains("node_3"), "{out}");
    assert!(err.contains("without those of"), "{err}");
    assert!(!out.contains("node_2"), "{out}");
}

/// The files below a directory that hold one of these texts.
fn holders(dir: &Path, texts: &[&str], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            holders(&path, texts, found);
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let holds = |it: &&&str| bytes.windows(it.len()).any(|at| at == it.as_bytes());
        if let Some(text) = texts.iter().find(holds) {
            found.push(format!("{} holds {text}", path.display()));
        }
    }
}

#[tokio::test]
async fn a_secret_is_found_nowhere() {
    let (dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let path = make(&fleet, &token, PLAN).await.expect("made");
    let client = fleet.client(&token);
    let mut said = Vec::new();
    // It comes in the clear where the provider sends it so, with a body that is not JSON, and twice.
    let plan = Plan {
        slug: "gitlab",
        preset: "gitlab-token",
        ..PLAN
    };
    let by_token = make(&fleet, &token, plan).await.expect("made");
    for header in [SECRET, "canary-of-the-secret-kind-but-wrong"] {
        let headers = format!("X-Gitlab-Event: Push Hook\r\nX-Gitlab-Token: {header}\r\n");
        for (at, body) in [(0, BODY), (1, "no JSON, canary-of-a-body")] {
            let answer = http::post(fleet.web(at), &by_token, &headers, body);
            said.push(format!("{:?}", answer.expect("it answers")));
        }
        let url = format!("{path}?secret={header}");
        let answer = http::post(fleet.web(2), &url, &headers, BODY);
        said.push(format!("{:?}", answer.expect("it answers")));
    }
    let (status, _) = send(&fleet, 0, &path, "d-1", BODY);
    assert_eq!(status, 200);

    let again = v1::UpdateSourceRequest {
        slug: "github".to_owned(),
        add_secrets: vec![v1::NewSecret {
            value: b"canary-of-the-secret-kind, another".to_vec().into(),
            ..v1::NewSecret::default()
        }],
        ..v1::UpdateSourceRequest::default()
    };
    said.push(format!("{:?}", client.update_source(again).await));
    // A secret that is none of its scheme's is refused in words.
    let bad = Plan {
        slug: "standard",
        preset: "standard-webhooks",
        ..PLAN
    };
    said.push(format!("{:?}", make(&fleet, &token, bad).await));
    let question = v1::GetSourceRequest {
        slug: "github".to_owned(),
        at_least: None,
    };
    said.push(format!("{:?}", client.get_source(question).await));
    said.push(format!(
        "{:?}",
        client.list_sources(v1::ListSourcesRequest::default()).await
    ));
    for at in ALL {
        let client = fleet.client_of(&[at], &token, LONG);
        let requests = client
            .list_requests(v1::ListRequestsRequest::default())
            .await;
        let requests = requests.expect("listed").requests;
        assert!(!requests.is_empty());
        said.push(format!("{requests:?}"));
        let page = http::get(fleet.operations(at), "/metrics").expect("figures");
        said.push(page.1);
    }
    let leaked: Vec<_> = said.iter().filter(|it| it.contains("canary")).collect();
    assert!(leaked.is_empty(), "{leaked:?}");

    // Asked to stop, nodes flush all they have.
    for at in ALL {
        fleet.terminate(at);
    }
    for at in ALL {
        fleet.end(at).await.expect("it ends");
        let log = fleet.log_text(at);
        assert!(!log.contains("canary"), "{log}");
    }
    let mut found = Vec::new();
    holders(dir.path(), &["canary-of-the-secret"], &mut found);
    assert!(found.is_empty(), "{found:?}");
    // The search sees: bodies are stored.
    holders(dir.path(), &["canary-of-a-body"], &mut found);
    assert!(!found.is_empty());
}
