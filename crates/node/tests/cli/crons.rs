//! Crons, as people make them and look at them.

use std::io::BufReader;

use crate::program::{Dev, next_object};

const CREATE: [&str; 12] = [
    "cron",
    "create",
    "report",
    "0 9 * * MON-FRI",
    "--zone",
    "Europe/Berlin",
    "--tag",
    "reports",
    "--prompt",
    "Write the report.",
    "--catch-up",
    "6h",
];

#[test]
fn a_cron_changes_with_an_ack() {
    let dev = Dev::start();
    dev.one(&CREATE);
    let event = dev.one(&["submit", "--type", "x", "--tag", "build", "--data", ""]);
    let event = event["event_id"].as_str().expect("an id").to_owned();
    let mut attached = dev.begin(&["attach", "--tag", "build", "--output", "json"]);
    let mut out = BufReader::new(attached.stdout.take().expect("asked for"));
    assert_eq!(next_object(&mut out)["event_id"], event.as_str());

    let file = dev.dir().join("more.toml");
    let more = r#"
        [[emits]]
        create_cron.instruction.prompt = "Look at the build."
        create_cron.terms = { label = "look", schedule = "@every 1h", tag = "build" }
    "#;
    std::fs::write(&file, more).expect("written");
    let file = file.to_str().expect("a text");
    let ack = ["ack", &event, "1", "--emits", file];
    let wrong = dev.run(&[&ack[..], &["--fire-cron", "nothing"]].concat());
    assert_eq!(wrong.code, 3, "{wrong:?}");
    assert!(wrong.err.contains("emits[0]"), "{wrong:?}");
    let acked = dev.one(&[&ack[..], &["--fire-cron", "report"]].concat());
    let fired = acked["emitted"][0][0].as_str().expect("an event");
    assert_eq!(
        dev.one(&["event", "get", fired])["event_type"],
        "ackord.cron"
    );
    let look = dev.one(&["cron", "get", "look"]);
    assert_eq!(acked["emitted"][1][0], look["id"]);
    attached.kill().expect("it runs");
    attached.wait().expect("it has ended");
}

#[test]
fn a_cron_is_made_changed_paused_and_removed() {
    let dev = Dev::start();
    let made = dev.one(&CREATE);
    assert_eq!(made["label"], "report");
    assert_eq!(made["prompt"], "Write the report.");
    assert_eq!(made["catch_up_max_age_ms"], 6 * 3_600_000);
    assert_eq!(made["next_at"].as_array().map(Vec::len), Some(5));

    let update = [
        "cron",
        "update",
        "report",
        "--schedule",
        "@every 2h",
        "--overlap",
        "allow",
    ];
    let changed = dev.one(&update);
    assert_eq!(changed["schedule"], "@every 2h");
    assert_eq!(
        (&changed["tag"], &changed["overlap"]),
        (&"reports".into(), &"allow".into())
    );
    assert_eq!(changed["revision"], 2);

    assert!(dev.one(&["cron", "pause", "report"])["paused_at"].is_string());
    assert!(dev.one(&["cron", "resume", "report"])["paused_at"].is_null());
    let fired = dev.one(&["cron", "fire", "report"])["event_id"].clone();
    let body = dev.one(&["event", "body", fired.as_str().expect("an id")]);
    assert_eq!(body["meta"]["ackord.cron_label"], "report");

    let listed = dev.json(&["cron", "list"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["last_event_id"], fired);
    let table = dev.run(&["cron", "list"]);
    assert!(
        table.out.contains("LAST TICK") && table.out.contains("report"),
        "{table:?}"
    );
    let stale = dev.run(&["cron", "delete", "report", "--revision", "1"]);
    assert_eq!(stale.code, 3, "{stale:?}");
    dev.one(&["cron", "delete", "report"]);
    assert_eq!(dev.json(&["cron", "list"]).len(), 0);
}

#[test]
fn a_schedule_is_tried_before_it_is_made() {
    let dev = Dev::start();
    let next = [
        "cron",
        "next",
        "0 9 * * *",
        "--zone",
        "Asia/Tokyo",
        "--count",
        "3",
    ];
    let shown = dev.json(&next);
    assert_eq!(shown.len(), 3);
    let at = shown[0]["at"].as_str().expect("an instant");
    assert!(at.ends_with("T00:00:00.000Z"), "{at}");
    let local = shown[0]["local"].as_str().expect("an instant");
    assert!(local.ends_with("09:00:00 JST"), "{local}");
    let wrong = dev.run(&["cron", "next", "*/70 * * * *"]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.err.contains("minute, '*/70'"), "{wrong:?}");
    let mute = dev.run(&["cron", "create", "x", "@hourly"]);
    assert_eq!(mute.code, 2);
    assert!(mute.err.contains("--prompt"), "{mute:?}");
}

#[test]
fn a_silence_is_asked_for_shown_and_left() {
    let dev = Dev::start();
    let create = [
        "cron",
        "create",
        "backup",
        "@daily",
        "--skill",
        "backup",
        "--silence",
        "26h",
        "--silence-tag",
        "on-call",
        "--silence-class",
        "priority",
    ];
    let watch = &dev.one(&create)["watch"];
    assert_eq!(
        (&watch["after_ms"], &watch["tag"]),
        (&93_600_000.into(), &"on-call".into())
    );
    assert!(watch["due_at"].is_string() && watch["last_ack_at"].is_null());
    let shown = dev.run(&["cron", "get", "backup"]);
    assert!(shown.out.contains("after 1day 2h to on-call"), "{shown:?}");
    let kept = dev.one(&["cron", "update", "backup", "--overlap", "allow"]);
    assert_eq!(kept["watch"]["class"], "priority");
    let longer = dev.one(&["cron", "update", "backup", "--silence", "50h"]);
    assert_eq!(longer["watch"]["tag"], "on-call");
    let left = dev.one(&["cron", "update", "backup", "--silence", "0s"]);
    assert!(left["watch"].is_null());
    let untold = dev.run(&["cron", "update", "backup", "--silence", "1h"]);
    assert_eq!(untold.code, 3);
    assert!(untold.err.contains("silence.tag"), "{untold:?}");
}
