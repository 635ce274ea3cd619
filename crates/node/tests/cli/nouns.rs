//! The nouns: what they print, and how they end.

use std::fs;

use crate::program::Dev;

#[test]
fn an_event_goes_in_with_all_that_is_said_of_it() {
    let dev = Dev::start();
    fs::write(dev.dir().join("body.json"), r#"{"action":"opened"}"#).expect("written");
    let submit = [
        "submit",
        "body.json",
        "--type",
        "pull_request",
        "--tag",
        "build",
        "--class",
        "priority",
        "--ordering-key",
        "pr-1",
        "--delay",
        "1h",
        "--ttl",
        "2h",
        "--meta",
        "repo=ackord",
        "--attempts",
        "3",
        "--lease",
        "10m",
    ];
    let event = dev.one(&submit)["event_id"].clone();
    let event = event.as_str().expect("an id");
    let shown = dev.one(&["event", "get", event]);
    assert_eq!(shown["state"], "delayed");
    assert_eq!(shown["class"], "priority");
    assert_eq!(shown["ordering_key"], "pr-1");
    assert_eq!(shown["attempts_max"], 3);
    assert_eq!(shown["lease_ms"], 600_000);
    let body = dev.one(&["event", "body", event]);
    assert_eq!(body["content_type"], "application/json");
    assert_eq!(body["meta"]["repo"], "ackord");
    assert_eq!(body["body"], r#"{"action":"opened"}"#);
    assert_eq!(dev.one(&["event", "why", event])["reason"], "delayed");
    assert_eq!(dev.one(&["queue", "get", "build"])["depth"]["delayed"], 1);
}

#[test]
fn a_body_comes_from_the_input_and_a_key_is_taken_once() {
    let dev = Dev::start();
    let submit = ["submit", "--type", "x", "--key", "k", "--output", "json"];
    let outcome = |input| dev.run_with(&submit, input).objects()[0]["outcome"].clone();
    assert_eq!(outcome("a"), "accepted");
    assert_eq!(outcome("a"), "duplicate");
    assert_eq!(outcome("b"), "conflict");
    assert_eq!(dev.json(&["event", "list"]).len(), 1);
}

#[test]
fn each_end_has_its_exit_code() {
    let dev = Dev::start();
    let refused = dev.run(&["submit", "--type", "x", "--tag", "no tag", "--data", ""]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused.out.is_empty() && refused.err.contains("tag"),
        "{refused:?}"
    );
    let usage = dev.run(&["submit", "--type", "x", "--data", "", "--delay", "soon"]);
    assert_eq!(usage.code, 2);
    assert!(usage.err.contains("5s, 10m"), "{usage:?}");
    let missing = dev.run(&["submit", "--type", "x", "nowhere.json"]);
    assert_eq!(missing.code, 1, "{missing:?}");
    let unknown = dev.run(&["event", "get", "evt_00000000000000000000000000"]);
    assert_eq!(unknown.code, 3, "{unknown:?}");
}

#[test]
fn a_queue_is_set_paused_and_resumed() {
    let dev = Dev::start();
    let set = dev.one(&[
        "queue", "set", "build", "--lease", "10m", "--strict", "true",
    ]);
    assert_eq!(set["settings"]["lease_ms"], 600_000);
    let set = dev.one(&["queue", "set", "build", "--attempts", "2"]);
    assert_eq!(
        set["settings"]["lease_ms"], 600_000,
        "what is not named stays"
    );
    assert_eq!(set["settings"]["attempts"], 2);
    assert_eq!(dev.one(&["queue", "pause", "build"])["mode"], "paused");
    assert_eq!(dev.json(&["queue", "list"])[0]["mode"], "paused");
    assert_eq!(dev.one(&["queue", "resume", "build"])["mode"], "active");
    assert_eq!(dev.one(&["queue", "drain", "build"])["mode"], "draining");
    let refused = dev.run(&["submit", "--type", "x", "--tag", "build", "--data", ""]);
    assert_eq!(refused.code, 3, "{refused:?}");
}

#[test]
fn teams_and_tokens_are_made_and_ended() {
    let dev = Dev::start();
    dev.one(&["team", "create", "billing"]);
    let again = dev.run(&["team", "create", "billing"]);
    assert_eq!(again.code, 3, "{again:?}");
    let set = dev.one(&["team", "set", "billing", "--events-kept", "14d"]);
    assert_eq!(set["events_kept_ms"], 14 * 24 * 3_600_000_u64);

    let made = dev.one(&["token", "create", "--team", "billing", "--role", "observe"]);
    let secret = made["secret"].as_str().expect("a secret");
    let server = dev.ready["server"].as_str().expect("an address");
    let as_token = ["--server", server, "--token", secret];
    assert_eq!(
        dev.run(&[&["event", "list"], &as_token[..]].concat()).code,
        0
    );
    let refused = dev.run(&[&["submit", "--type", "x", "--data", ""], &as_token[..]].concat());
    assert_eq!(refused.code, 3, "{refused:?}");

    let tokens = dev.json(&["token", "list", "--team", "billing"]);
    assert_eq!(tokens[0]["roles"][0], "observe");
    assert!(tokens[0].get("secret").is_none());
}

/// Submits so many events, and lets the only attempt at each fail.
fn let_die(dev: &Dev, count: usize) {
    dev.one(&["queue", "set", "--attempts", "1"]);
    for _ in 0..count {
        dev.one(&["submit", "--type", "x", "--data", ""]);
        let said = dev.run(&["attach", "--once", "--exec", "exit 1"]);
        assert_eq!(said.code, 1, "{said:?}");
    }
}

#[test]
fn dead_letters_are_listed_replayed_and_purged() {
    let dev = Dev::start();
    let_die(&dev, 3);
    let dead = dev.json(&["dead", "list", "--cause", "attempts"]);
    assert_eq!(dead.len(), 3);
    let first = dead[0]["event_id"].as_str().expect("an id");
    dev.one(&["dead", "replay", first]);
    assert_eq!(dev.one(&["event", "get", first])["state"], "ready");
    assert_eq!(
        dev.one(&["dead", "purge", "--all", "--type", "x"])["done"],
        2
    );
    assert_eq!(dev.json(&["dead", "list"]).len(), 0);
    assert_eq!(dev.json(&["history", "--state", "purged"]).len(), 2);
}

#[test]
fn a_dead_letter_that_is_refused_keeps_nothing_from_the_others() {
    let dev = Dev::start();
    let_die(&dev, 2);
    let dead = dev.json(&["dead", "list"]);
    let ids: Vec<_> = dead
        .iter()
        .filter_map(|it| it["event_id"].as_str())
        .collect();
    let nobody = "evt_00000000000000000000000000";
    let said = dev.run(&["dead", "purge", ids[0], nobody, ids[1]]);
    assert_eq!(said.code, 4, "a part of it was done: {said:?}");
    let why = format!("{nobody}: refused: ");
    assert!(said.err.contains(&why), "{said:?}");
    assert!(said.err.contains("purged 2 of 3 events"), "{said:?}");
    assert_eq!(dev.json(&["history", "--state", "purged"]).len(), 2);
    for asked in [
        &["dead", "purge", nobody][..],
        &["dead", "purge", nobody, nobody],
    ] {
        let said = dev.run(asked);
        assert_eq!(said.code, 3, "nothing was changed: {said:?}");
    }
}

#[test]
fn an_event_is_cancelled_and_sent_round_again() {
    let dev = Dev::start();
    let event = dev.one(&["submit", "--type", "x", "--data", ""])["event_id"].clone();
    let event = event.as_str().expect("an id");
    dev.one(&["event", "cancel", event, "--reason", "enough"]);
    assert_eq!(
        dev.one(&["event", "get", event])["history"][1]["reason"],
        "enough"
    );
    assert_eq!(
        dev.one(&["history", "--state", "cancelled"])["event_id"],
        event
    );
    dev.one(&["event", "replay", event]);
    assert_eq!(dev.one(&["event", "get", event])["state"], "ready");
}

#[test]
fn what_was_done_and_cannot_be_printed_is_not_told_as_undone() {
    let dev = Dev::start();
    let said = dev.run_unheard(&["submit", "--type", "x", "--data", ""]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("cannot be printed"), "{said:?}");
    assert_eq!(dev.json(&["event", "list"]).len(), 1);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let dev = Dev::start();
    dev.run(&["submit", "--type", "x", "--data", ""]);
    let mut listing = dev.begin(&["event", "list"]);
    drop(listing.stdout.take());
    let status = listing.wait().expect("it is our child");
    assert_eq!(status.code(), Some(0));
}
