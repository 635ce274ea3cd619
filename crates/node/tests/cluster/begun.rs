//! Webhooks that have begun when their node is asked to stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use ackord_chaos::fleet::Fleet;
use ackord_chaos::source::{Plan, github, make};
use ackord_client::v1;
use serde_json::Value;

use crate::reads::fresh;
use crate::{ALL, LONG, PROGRAM, born, not_ready};

const SECRET: &str = "a secret of this test";
const BODY: &str = r#"{"action":"opened","number":7}"#;
const PLAN: Plan<'_> = Plan {
    slug: "github",
    preset: "github",
    secret: SECRET,
    tag: "t",
    deadline_ms: 60_000,
};

/// A webhook whose node waits for its body.
fn begin(fleet: &Fleet, at: usize, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(fleet.web(at)).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a time");
    let headers = github(SECRET, "pull_request", "d-1", BODY);
    let length = BODY.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: cluster\r\nContent-Length: {length}\r\n\
         Expect: 100-continue\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it listens");
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).expect("it asks for the body");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

/// Sends the body: the event that it became.
fn finish(mut stream: TcpStream) -> String {
    stream.write_all(BODY.as_bytes()).expect("it still listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let (_, said) = answer.split_once("\r\n\r\n").expect("a body");
    let said: Value = serde_json::from_str(said).expect("JSON");
    said["events"][0].as_str().expect("an event").to_owned()
}

async fn is_there(fleet: &Fleet, at: usize, token: &str, event: &str) {
    let client = fresh(fleet, at, token);
    let question = v1::GetEventRequest {
        event_id: event.to_owned(),
        at_least: None,
    };
    let event = client.get_event(question).await.expect("it is there").event;
    assert_eq!(event.expect("the event").state(), v1::EventState::Ready);
}

#[tokio::test]
async fn a_leader_that_stops_answers_the_webhook_that_it_has_begun() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let path = make(&fleet, &token, PLAN).await.expect("made");
    let leader = fleet.leader().await.expect("one leads");
    let begun = begin(&fleet, leader, &path);
    fleet.terminate(leader);
    // No new ones are taken: it has handed leadership over by then.
    while TcpStream::connect(fleet.web(leader)).is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let event = finish(begun);
    let ended = fleet.end(leader).await.expect("it ends");
    assert!(ended.success(), "{ended}\n{}", fleet.log_tail(leader));
    for other in ALL.into_iter().filter(|it| *it != leader) {
        is_there(&fleet, other, &token, &event).await;
    }
}

#[tokio::test]
async fn a_node_alone_that_stops_answers_the_webhook_that_it_has_begun() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut fleet = Fleet::new(Path::new(PROGRAM), dir.path(), 1).expect("written");
    fleet.start_all().expect("it runs");
    fleet.serving(&[0]).await.expect("it serves");
    let token = fleet.make_team("team").await.expect("made");
    let path = make(&fleet, &token, PLAN).await.expect("made");
    let begun = begin(&fleet, 0, &path);
    fleet.terminate(0);
    not_ready(&fleet, 0, "no staying: it was asked to stop").await;
    let event = finish(begun);
    let ended = fleet.end(0).await.expect("it ends");
    assert!(ended.success(), "{ended}\n{}", fleet.log_tail(0));
    fleet.start(0, "").expect("it runs");
    fleet.serving(&[0]).await.expect("it serves");
    is_there(&fleet, 0, &token, &event).await;
}
