//! Messages: what people say to agents, and agents to each other.

use serde_json::json;

use crate::host::Host;
use crate::program::Dev;

#[test]
fn a_message_is_an_event_for_each_of_its_tags() {
    let dev = Dev::start();
    let send = [
        "message",
        "send",
        "deploy",
        "review",
        "--text",
        "it is green",
    ];
    let sent = dev.json(&send);
    let tags: Vec<_> = sent.iter().map(|it| it["tag"].clone()).collect();
    assert_eq!(tags, ["deploy", "review"]);
    let event = sent[0]["event_id"].as_str().expect("an id");
    assert_eq!(
        dev.one(&["event", "get", event])["event_type"],
        "ackord.message"
    );
    assert_eq!(dev.one(&["event", "body", event])["body"], "it is green");
    let nobody = dev.run(&["message", "reply", event, "--text", "yes"]);
    assert_eq!(nobody.code, 3, "{nobody:?}");
    assert!(nobody.err.contains("to whom"), "{nobody:?}");
}

#[test]
fn a_message_to_everybody_names_whoever_heard_it() {
    let dev = Dev::start();
    let say = [
        "message",
        "send",
        "*",
        "--text",
        "hold the deploys",
        "--key",
        "k",
    ];
    let nobody = dev.run(&say);
    assert_eq!(nobody.code, 3, "{nobody:?}");
    assert!(nobody.err.contains("name tags"), "{nobody:?}");
    let mut sessions: Vec<_> = ["deploy", "build"]
        .map(|tag| dev.begin(&["attach", "--tag", tag, "--session", tag]))
        .into();
    sessions.push(dev.begin(&["attach", "--tag", "ops", "--no-messages"]));
    for tag in ["deploy", "build", "ops"] {
        dev.one_in_time(&["session", "list", "--tag", tag]);
    }
    let sent = dev.json(&say);
    let tags: Vec<_> = sent.iter().map(|it| it["tag"].clone()).collect();
    assert_eq!(tags, ["build", "deploy"]);
    assert!(
        sent.iter().all(|it| it["outcome"] == "accepted"),
        "{sent:?}"
    );
    let again = dev.run(&say);
    assert_eq!(again.out.matches("duplicate to").count(), 2, "{again:?}");
    let listed = dev.one(&["session", "list", "--tag", "ops"]);
    assert_eq!(listed["accepts_messages"], false);
    let both = dev.run(&["message", "send", "*", "build", "--text", "x"]);
    assert_eq!(both.code, 3, "{both:?}");
    for mut session in sessions {
        session.kill().expect("it runs");
        session.wait().expect("it has ended");
    }
}

#[test]
fn a_message_to_everybody_goes_to_the_tags_that_have_somebody() {
    let dev = Dev::start();
    let mut ada = Host::start(&dev, "ada", &["--tag", "build"]);
    dev.one_in_time(&["session", "list", "--tag", "build"]);
    let all = json!({"target": "*", "message": "the deploys are on hold"});
    let alone = ada.call("session_send", all.clone());
    let why = alone.expect_err("nobody is there");
    assert!(why.contains("name tags"), "{why}");
    let mut bob = Host::start(&dev, "bob", &["--tag", "review"]);
    let _eve = Host::start(&dev, "eve", &["--tag", "ops", "--no-messages"]);
    for tag in ["review", "ops"] {
        dev.one_in_time(&["session", "list", "--tag", tag]);
    }
    let listed = ada.call("session_list", json!({})).expect("listed");
    assert!(
        listed.contains("ops: eve: idle, takes no messages"),
        "{listed}"
    );

    let sent = ada.call("session_send", all).expect("bob is there");
    let heard = bob.pushed();
    let event = heard["meta"]["ackord_event_id"].as_str().expect("an id");
    assert!(sent.contains(&format!("review ({event})")), "{sent}");
    assert!(!sent.contains("ops") && !sent.contains("build"), "{sent}");
    let text = heard["content"].as_str().expect("text");
    assert!(text.contains("\nthe deploys are on hold\n"), "{text}");
}

#[test]
fn two_agents_speak_with_each_other() {
    let dev = Dev::start();
    let mut ada = Host::start(&dev, "ada", &["--tag", "build"]);
    let mut bob = Host::start(&dev, "bob", &["--tag", "review"]);
    let to = json!({"target": "review", "message": "is it good?", "priority": "priority"});
    ada.call("session_send", to).expect("it is durable");
    let asked = bob.pushed();
    let meta = &asked["meta"];
    assert_eq!(
        (
            &meta["ackord_event_type"],
            &meta["ackord_from"],
            &meta["ackord_class"]
        ),
        (&"ackord.message".into(), &"ada".into(), &"priority".into())
    );
    let event = meta["ackord_event_id"].as_str().expect("an id").to_owned();
    bob.call("session_reply", json!({"message": "it is"}))
        .expect("it is at hand");
    let answer = ada.pushed();
    assert!(
        answer["content"]
            .as_str()
            .expect("text")
            .contains("\nit is\n")
    );
    assert_eq!(answer["meta"]["ackord_in_reply_to"], event);
    ada.call("event_ack", json!({})).expect("it is at hand");

    let more = json!([{"target": "build", "message": "and done"}]);
    bob.call("event_ack", json!({"event_id": event, "messages": more}))
        .expect("both count");
    let done = ada.pushed();
    assert!(
        done["content"]
            .as_str()
            .expect("text")
            .contains("\nand done\n")
    );
    let nobody = ada.call("session_send", json!({"target": " , ", "message": "x"}));
    assert!(nobody.expect_err("to whom?").contains("nobody"));
    ada.call("session_send", json!({"target": "build", "message": "x"}))
        .expect_err("to itself");
    let large = "x".repeat(100_000);
    ada.call(
        "session_send",
        json!({"target": "review", "message": large}),
    )
    .expect_err("too large");
}
