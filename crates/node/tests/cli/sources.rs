//! Sources: from the command that makes one to the events that its webhooks become.

use std::fs;
use std::net::SocketAddr;
use std::time::Instant;

use ackord_chaos::{http, source};
use serde_json::Value;

use crate::program::{Dev, LONG};

const SECRET: &str = "it is a secret of this test";
const BODY: &str = r#"{"action":"opened","number":7,"sender":{"login":"octocat"}}"#;
const CREATE: [&str; 8] = [
    "source",
    "create",
    "github",
    "--preset",
    "github",
    "--secret-file",
    "github.secret",
    "--tag=build",
];

/// A node with the source `github`.
fn with_github() -> Dev {
    let dev = Dev::start();
    fs::write(dev.dir().join("github.secret"), format!("{SECRET}\n")).expect("written");
    let made = dev.one(&CREATE);
    assert_eq!(
        (&made["slug"], &made["revision"]),
        (&"github".into(), &1.into())
    );
    assert_eq!(made["path"], "/webhooks/dev/github");
    dev
}

/// What GitHub's delivery of that id is answered.
fn send(dev: &Dev, slug: &str, delivery: &str, secret: &str) -> (u16, Value) {
    let base = dev.ready["webhooks"].as_str().expect("it has a port");
    let at = base.strip_prefix("http://").expect("in plain text");
    let at: SocketAddr = at.parse().expect("an address");
    let body = BODY.replace('7', delivery);
    let headers = source::github(secret, "pull_request", delivery, &body);
    let path = format!("/webhooks/dev/{slug}");
    let (status, said) = http::post(at, &path, &headers, &body).expect("it answers");
    (status, serde_json::from_str(&said).unwrap_or_default())
}

/// The event that a delivery became.
fn event(dev: &Dev, delivery: &str) -> String {
    let (status, said) = send(dev, "github", delivery, SECRET);
    assert_eq!(status, 200, "{said}");
    said["events"][0].as_str().expect("an event").to_owned()
}

fn define(dev: &Dev, text: &str) {
    let text = format!("unmatched = \"UNMATCHED_POLICY_KEEP\"\n{text}");
    fs::write(dev.dir().join("github.toml"), text).expect("written");
}

#[test]
fn a_source_is_made_looked_at_and_removed() {
    let dev = with_github();
    let again = dev.run(&CREATE);
    assert_eq!(again.code, 3, "{again:?}");
    let listed = dev.one(&["source", "list"]);
    assert_eq!(
        (&listed["slug"], &listed["mode"]),
        (&"github".into(), &"enabled".into())
    );
    let got = dev.one(&["source", "get", "github"]);
    assert_eq!(got["definition"]["verification"]["preset"], "github");
    assert_eq!(got["definition"]["defaults"]["tag"], "build");
    assert_eq!(got["secrets"][0]["name"], "s1");
    let shown = dev.run(&["source", "get", "github"]);
    assert!(shown.out.contains("/webhooks/dev/github"), "{shown:?}");
    for said in [&got.to_string(), &shown.out, &again.err] {
        assert!(!said.contains(SECRET), "{said}");
    }

    let kept = event(&dev, "1");
    let stale = dev.run(&["source", "delete", "github", "--revision", "9"]);
    assert_eq!(stale.code, 3, "{stale:?}");
    let revision = got["revision"].to_string();
    dev.one(&["source", "delete", "github", "--revision", &revision]);
    assert_eq!(dev.json(&["source", "list"]).len(), 0);
    assert_eq!(dev.run(&["source", "get", "github"]).code, 3);
    assert_eq!(send(&dev, "github", "2", SECRET).0, 401);
    assert_eq!(dev.one(&["event", "get", &kept])["state"], "ready");
}

#[test]
fn what_cannot_be_a_source_is_refused_in_words() {
    let dev = Dev::start();
    for (args, code, word) in [
        (&["create", "github"][..], 2, "--preset"),
        (
            &["create", "github", "--preset", "githib"],
            3,
            "docs/presets.md",
        ),
        (&["create", "github", "--preset", "discord"], 3, "Ed25519"),
        (&["create", "github", "--preset", "github"], 3, "secret"),
        (&["create", "Git Hub", "--preset", "none"], 3, "slug"),
        (
            &["create", "github", "--definition", "none.toml"],
            1,
            "none.toml",
        ),
        (
            &[
                "create",
                "a",
                "--preset",
                "none",
                "--secret-expires-in",
                "1h",
            ],
            2,
            "secret",
        ),
        (&["update", "github", "--tag", "build"], 3, "no such"),
        (&["update", "github"], 2, "--definition"),
    ] {
        let said = dev.run(&[&["source"], args].concat());
        assert_eq!(said.code, code, "{args:?}: {said:?}");
        assert!(said.err.contains(word), "{args:?}: {said:?}");
    }
}

#[test]
fn a_change_from_an_older_revision_is_refused() {
    let dev = with_github();
    let changed = dev.one(&["source", "update", "github", "--tag", "review"]);
    assert_eq!(changed["revision"], 2);
    let stale = [
        "source",
        "update",
        "github",
        "--tag",
        "audit",
        "--revision",
        "1",
    ];
    let refused = dev.run(&stale);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.err.contains("revision"), "{refused:?}");
    let got = dev.one(&["source", "get", "github"]);
    assert_eq!(got["definition"]["defaults"]["tag"], "review");
}

#[test]
fn both_secrets_count_until_the_old_one_goes() {
    let dev = with_github();
    fs::write(dev.dir().join("next.secret"), "the next one").expect("written");
    let add = [
        "--add-secret-file",
        "next=next.secret",
        "--secret-expires-in",
        "1h",
    ];
    let changed = dev.one(&[&["source", "update", "github"], &add[..]].concat());
    let secrets = changed["secrets"].as_array().expect("a list").clone();
    assert_eq!(
        (&secrets[0]["name"], &secrets[1]["name"]),
        (&"s1".into(), &"next".into())
    );
    assert!(secrets[0]["expires_at"].is_null() && secrets[1]["expires_at"].is_string());
    for (delivery, secret) in [("1", SECRET), ("2", "the next one")] {
        assert_eq!(send(&dev, "github", delivery, secret).0, 200);
    }
    dev.one(&["source", "update", "github", "--remove-secret", "s1"]);
    assert_eq!(send(&dev, "github", "3", SECRET).0, 401);
    assert_eq!(send(&dev, "github", "3", "the next one").0, 200);
    let resealed = dev.one(&["source", "reseal"]);
    assert_eq!(
        (&resealed["slug"], &resealed["resealed"]),
        (&"github".into(), &0.into())
    );
}

#[test]
fn a_source_that_cannot_be_sealed_again_keeps_no_other_from_it() {
    let mut dev = with_github();
    dev.kill();
    // Nobody has the key any more that its secret is under.
    fs::remove_file(dev.dir().join("ackord-data/seal.key")).expect("it is there");
    dev.start_again();
    let mut create = CREATE;
    create[2] = "later";
    dev.one(&create);
    let said = dev.run(&["source", "reseal", "--output", "json"]);
    assert_eq!(said.code, 4, "a part of it was done: {said:?}");
    assert_eq!(said.objects()[0]["slug"], "later");
    assert!(said.err.contains("github: refused: "), "{said:?}");
    assert!(said.err.contains("resealed 1 of 2 sources"), "{said:?}");
    let said = dev.run(&["source", "reseal", "github"]);
    assert_eq!(said.code, 3, "nothing was changed: {said:?}");
}

#[test]
fn what_a_paused_source_holds_is_queued_when_it_is_resumed() {
    let dev = with_github();
    assert_eq!(dev.one(&["source", "pause", "github"])["mode"], "paused");
    let events = [event(&dev, "1"), event(&dev, "2")];
    for event in &events {
        assert_eq!(dev.one(&["event", "get", event])["state"], "held");
        let why = dev.one(&["event", "why", event]);
        let message = why["message"].as_str().expect("a sentence");
        assert!(message.contains("is paused"), "{why}");
    }
    assert_eq!(dev.one(&["source", "get", "github"])["held"], 2);
    assert_eq!(dev.one(&["source", "resume", "github"])["mode"], "enabled");
    let begun = Instant::now();
    while dev.one(&["source", "get", "github"])["held"] != 0 {
        assert!(begun.elapsed() < LONG, "they are held");
    }
    for event in &events {
        assert_eq!(dev.one(&["event", "get", event])["state"], "ready");
    }
    assert_eq!(
        dev.one(&["source", "disable", "github"])["mode"],
        "disabled"
    );
    assert_eq!(send(&dev, "github", "3", SECRET).0, 403);
}

#[test]
fn handshakes_are_answered_while_somebody_says_so() {
    let dev = Dev::start();
    fs::write(dev.dir().join("slack.secret"), SECRET).expect("written");
    let secret = ["--secret-file", "slack.secret"];
    dev.one(
        &[
            &["source", "create", "slack", "--preset", "slack"],
            &secret[..],
        ]
        .concat(),
    );
    let paired = dev.one(&["source", "pair", "slack", "--for", "10m"]);
    assert!(paired["until"].is_string(), "{paired}");
    assert!(dev.one(&["source", "get", "slack"])["pairing_until"].is_string());
    let closed = dev.one(&["source", "pair", "slack", "--close"]);
    assert!(closed["until"].is_null(), "{closed}");
    let long = dev.run(&["source", "pair", "slack", "--for", "2h"]);
    assert_eq!(long.code, 3, "{long:?}");
}

#[test]
fn requests_that_came_are_shown_and_saved_ones_are_tried() {
    let dev = with_github();
    let taken = event(&dev, "1");
    assert_eq!(send(&dev, "github", "2", "guessed").0, 401);
    let all = dev.json(&["source", "requests"]);
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["node_id"], "node_1");
    assert_eq!(
        (&all[1]["outcome"], &all[1]["event_ids"][0]),
        (&"accepted".into(), &taken.into())
    );
    let refused = dev.one(&["source", "requests", "github", "--refused"]);
    assert_eq!(
        (&refused["refusal"], &refused["status"]),
        (&"bad_signature".into(), &401.into())
    );
    let none = dev.run(&["source", "requests", "other"]);
    assert_eq!(none.code, 0, "{none:?}");

    fs::write(dev.dir().join("saved.json"), BODY).expect("written");
    let tried = |secret: &str| {
        let headers = source::github(secret, "pull_request", "9", BODY);
        let mut args = vec!["source", "test", "github", "--body", "saved.json"];
        args.extend(headers.lines().flat_map(|it| ["-H", it]));
        dev.one(&args)
    };
    let right = tried(SECRET);
    assert_eq!(
        (&right["outcome"], &right["secret"]),
        (&"accepted".into(), &"s1".into())
    );
    assert_eq!(right["event_type"], "pull_request.opened");
    assert_eq!(right["events"][0]["tag"], "build");
    let wrong = tried("guessed");
    assert_eq!(
        (&wrong["outcome"], &wrong["refusal"]),
        (&"refused".into(), &"bad_signature".into())
    );
    assert_eq!(dev.json(&["event", "list"]).len(), 1, "nothing was queued");
}

#[test]
fn what_no_route_matches_is_kept_and_routed_again() {
    let dev = with_github();
    let route = |pattern: &str| {
        format!(
            "[verification]\npreset = \"github\"\n[[routes]]\nevent_type = \"{pattern}\"\nsend = {{ tags = [\"review\"] }}\n"
        )
    };
    define(&dev, &route("push"));
    let update = ["source", "update", "github", "--definition", "github.toml"];
    dev.one(&update);
    let kept = event(&dev, "1");
    let dead = dev.one(&["dead", "list", "--cause", "unmatched"]);
    assert_eq!(dead["event_id"], *kept);
    define(&dev, &route("pull_request.*"));
    dev.one(&update);
    let rerouted = dev.one(&["source", "reroute", "github"]);
    assert_eq!(
        (&rerouted["event_id"], &rerouted["outcome"]),
        (&kept.as_str().into(), &"accepted".into())
    );
    let shown = dev.one(&["event", "get", &kept]);
    assert_eq!(
        (&shown["state"], &shown["tag"]),
        (&"ready".into(), &"review".into())
    );
    let again = dev.one(&["source", "reroute", "github", &kept]);
    assert_eq!(again["outcome"], "refused");
    assert_eq!(dev.json(&["source", "reroute", "github"]).len(), 0);
}

#[test]
fn a_silence_of_a_source_is_asked_for_and_left() {
    let dev = with_github();
    let ask = [
        "source",
        "update",
        "github",
        "--silence",
        "1h",
        "--silence-tag",
        "ops",
    ];
    let asked = dev.one(&ask);
    assert_eq!(asked["watch"]["after_ms"], 3_600_000);
    assert_eq!(dev.json(&["source", "list"])[0]["watch"]["tag"], "ops");
    let longer = dev.one(&["source", "update", "github", "--silence", "2h"]);
    assert_eq!(longer["watch"]["tag"], "ops");
    dev.one(&["source", "pause", "github"]);
    let paused = dev.one(&["source", "get", "github"]);
    assert!(paused["watch"]["due_at"].is_null(), "{paused}");
    let left = dev.one(&["source", "update", "github", "--silence", "0s"]);
    assert!(left["watch"].is_null(), "{left}");
}
