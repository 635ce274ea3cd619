//! Between agents: messages and interrupts.

use serde_json::{Value, json};

use crate::plugin::Plugin;
use crate::{born, github_source, webhook};

fn message(to: &str, text: &str, priority: Option<&str>) -> Value {
    let mut fields = json!({ "targets": [to], "content": text });
    if let Some(priority) = priority {
        fields["priority"] = priority.into();
    }
    fields
}

#[tokio::test]
async fn sessions_write_to_each_other_by_their_tags() {
    let (_dir, fleet, token) = born(1).await;
    let mut build = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    let mut review = Plugin::connect(fleet.web(0), &token, Some("review")).await;

    let sent = build
        .ask("session_send", message("review", "look at #7", None))
        .await;
    assert_eq!(sent, Ok(json!({ "sent": 1, "queued": 0 })));
    let event = review.event().await;
    assert_eq!(event.meta("source"), "session");
    assert_eq!(event.meta("from"), "build");
    assert!(event.content.contains("look at #7"));
    review.ack(&event.id, "looked").await;

    let sent = review
        .ask("session_send", message("build", "done", None))
        .await;
    assert_eq!(sent, Ok(json!({ "sent": 1, "queued": 0 })));
    assert_eq!(build.event().await.meta("from"), "review");

    // A message to somebody who is away waits for him.
    let sent = build
        .ask("session_send", message("night", "good morning", None))
        .await;
    assert_eq!(sent, Ok(json!({ "sent": 0, "queued": 1 })));
    let mut night = Plugin::connect(fleet.web(0), &token, Some("night")).await;
    assert!(night.event().await.content.contains("good morning"));

    let sessions = night.ask("session_list", json!({})).await.expect("told");
    let mut sessions: Vec<_> = sessions
        .as_array()
        .expect("sessions")
        .iter()
        .map(|it| (it["sessionTag"].to_string(), it["current"] == true))
        .collect();
    sessions.sort();
    let expected = [("build", false), ("night", true), ("review", false)];
    let expected = expected.map(|(tag, current)| (format!("{tag:?}"), current));
    assert_eq!(sessions, expected);
}

#[tokio::test]
async fn a_message_to_everybody_is_heard_by_all_who_are_there() {
    let (_dir, fleet, token) = born(1).await;
    let mut build = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    let mut review = Plugin::connect(fleet.web(0), &token, Some("review")).await;
    let mut deploy = Plugin::connect(fleet.web(0), &token, Some("deploy")).await;
    let sent = build
        .ask("session_send", message("*", "hold the deploys", None))
        .await;
    assert_eq!(sent, Ok(json!({ "sent": 2, "queued": 0 })));
    for plugin in [&mut review, &mut deploy] {
        let event = plugin.event().await;
        assert_eq!(event.meta("from"), "build");
        assert!(event.content.contains("hold the deploys"));
    }
}

#[tokio::test]
async fn a_message_that_goes_nowhere_is_refused_in_words() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    let refused = [
        json!({ "targets": [], "content": "x" }),
        json!({ "targets": [" "], "content": "x" }),
        json!({ "targets": ["*"], "content": "nobody else is there" }),
        json!({ "targets": ["a", "*"], "content": "x" }),
        json!({ "targets": ["no tag"], "content": "x" }),
        json!({ "targets": ["build"], "content": "to itself" }),
        json!({ "targets": ["a"], "content": "" }),
        json!({ "targets": ["a"], "content": "x".repeat(70_000) }),
        json!({ "targets": ["a"], "content": "x", "priority": "urgent" }),
    ];
    for fields in refused {
        let why = plugin.ask("session_send", fields.clone()).await;
        let why = why.expect_err(&fields.to_string()[..40.min(fields.to_string().len())]);
        assert!(why.len() > 10, "{why}");
    }
}

#[tokio::test]
async fn an_interrupt_goes_first_and_the_event_before_it_is_acked_by_the_id_that_the_plugin_has() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    let mut other = Plugin::connect(fleet.web(0), &token, None).await;
    github_source(&mut plugin, Some("build")).await;
    let first = webhook(&fleet, 0, 1).await;
    let second = webhook(&fleet, 0, 2).await;
    let event = plugin.event().await;

    let stop = message("build", "stop the deploy", Some("interrupt"));
    other.ask("session_send", stop).await.expect("sent");
    let interrupt = plugin.event().await;
    assert_eq!(interrupt.meta("priority"), "interrupt");
    plugin.ack(&interrupt.id, "stopped").await;
    plugin.has_done("stopped").await;

    // It has resumed under another number, and the plugin has had it all the while.
    plugin.ack(&event.id, "went on").await;
    let entry = plugin.has_done("went on").await;
    assert_eq!(entry["id"], first);
    let next = plugin.event().await;
    assert_eq!(next.name(), second);
}

#[tokio::test]
async fn what_is_urgent_goes_before_what_is_not_in_the_order_in_which_it_came() {
    let (_dir, fleet, token) = born(1).await;
    let mut sender = Plugin::connect(fleet.web(0), &token, None).await;
    for (text, priority) in [
        ("one", None),
        ("two", Some("priority")),
        ("three", Some("priority")),
    ] {
        let sent = sender
            .ask("session_send", message("build", text, priority))
            .await;
        assert_eq!(sent, Ok(json!({ "sent": 0, "queued": 1 })));
    }
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    for text in ["two", "three", "one"] {
        let event = plugin.event().await;
        assert!(event.content.contains(text), "{}", event.content);
        plugin.ack(&event.id, text).await;
        plugin.has_done(text).await;
    }
}
