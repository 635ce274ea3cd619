//! The Clawback protocol at real nodes, each a process of its own, by a client that was written from the
//! protocol.
#![cfg(not(madsim))]

mod agent;
mod agents;
mod bad;
mod cluster;
mod events;
mod plugin;
mod requests;
mod slow_work;
mod stop;

use std::path::Path;
use std::time::{Duration, Instant};

use ackord_chaos::fleet::Fleet;
use ackord_chaos::http;
use ackord_chaos::source::github;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

use plugin::{LONG, Plugin};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ackord");
const SECRET: &str = "a secret of this test";

/// So many nodes that serve, a team, and its token in Clawback's form.
async fn born(nodes: usize) -> (TempDir, Fleet, String) {
    born_with(nodes, "").await
}

/// The same, where this is added to the configuration of each, behind its `[http]`.
async fn born_with(nodes: usize, http: &str) -> (TempDir, Fleet, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut fleet = Fleet::new(Path::new(PROGRAM), dir.path(), nodes).expect("written");
    for at in fleet.all() {
        fleet.configure_http(at, http).expect("written");
    }
    fleet.start_all().expect("they run");
    let all = fleet.all();
    fleet.serving(&all).await.expect("they serve");
    let token = fleet.make_team("team").await.expect("made");
    let token = clawback(&token);
    (dir, fleet, token)
}

fn clawback(token: &str) -> String {
    let rest = token.strip_prefix("ackord_").expect("a token of ours");
    format!("cbt_{rest}")
}

/// A source of GitHub's for these sessions.
async fn github_source(plugin: &mut Plugin, tag: Option<&str>) {
    let mut fields = json!({ "slug": "github", "verifierType": "github", "secret": SECRET });
    if let Some(tag) = tag {
        fields["sessionTag"] = tag.into();
    }
    plugin.ask("source_create", fields).await.expect("made");
}

/// Sends what GitHub would send, as often as it is put off: the event that it became.
async fn webhook(fleet: &Fleet, at: usize, number: u32) -> String {
    let web = fleet.web(at);
    let begun = Instant::now();
    let (status, text) = loop {
        let sent = tokio::task::spawn_blocking(move || {
            let body = format!("{{\"action\":\"opened\",\"number\":{number}}}");
            let headers = github(SECRET, "pull_request", &format!("d-{number}"), &body);
            http::post(web, "/webhooks/team/github", &headers, &body)
        });
        let answer = sent.await.expect("no panic").expect("it answers");
        if answer.0 != 503 || begun.elapsed() > LONG {
            break answer;
        }
        sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(status, 200, "{text}");
    let said: Value = serde_json::from_str(&text).expect("JSON");
    said["events"][0].as_str().expect("an event").to_owned()
}
