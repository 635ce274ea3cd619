//! Events out, acks in.

use ackord_chaos::fleet::Fleet;
use serde_json::json;

use crate::plugin::{Event, Plugin};
use crate::{born, born_with, github_source, webhook};

/// A plugin that has the first of two events, and the name of the second.
async fn at_work(fleet: &Fleet, token: &str) -> (Plugin, Event, String) {
    let mut plugin = Plugin::connect(fleet.web(0), token, None).await;
    github_source(&mut plugin, None).await;
    webhook(fleet, 0, 1).await;
    let second = webhook(fleet, 0, 2).await;
    let event = plugin.event().await;
    (plugin, event, second)
}

#[tokio::test]
async fn a_webhook_becomes_an_event_and_its_ack_brings_the_next() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    let routes = json!({ "pull_request.opened": "/review", "*": "look at it" });
    let fields = json!({
        "slug": "github",
        "verifierType": "github",
        "secret": crate::SECRET,
        "routes": routes,
        "eventType": { "header": "X-GitHub-Event", "action": "action" },
    });
    let made = plugin.ask("source_create", fields).await.expect("made");
    assert_eq!(made["slug"], "github");
    assert_eq!(made["type"], "github");
    assert_eq!(made["routes"], routes);
    assert_eq!(made["eventType"]["header"], "X-GitHub-Event");

    let first = webhook(&fleet, 0, 1).await;
    let second = webhook(&fleet, 0, 2).await;
    let event = plugin.event().await;
    assert_eq!(event.name(), first);
    assert_eq!(event.meta("source"), "webhook");
    assert_eq!(event.meta("path"), "/github");
    assert_eq!(event.meta("type"), "pull_request.opened");
    assert_eq!(event.meta("skill"), "/review");
    assert_eq!(event.meta("contentType"), "application/json");
    assert!(event.content.starts_with("Use the skill /review."));
    assert!(event.content.contains("\"number\":1"));

    // One at a time: an answer that was asked for later comes first.
    plugin.ask("session_list", json!({})).await.expect("told");
    assert!(!plugin.has_event());
    plugin.ack(&event.id, "reviewed").await;
    let event = plugin.event().await;
    assert_eq!(event.name(), second);
    plugin.ack(&event.id, "reviewed, too").await;

    let entry = plugin.has_done("reviewed, too").await;
    assert_eq!(entry["id"], second);
    assert_eq!(entry["source"], "webhook");
    assert_eq!(entry["path"], "/github");
    assert_eq!(entry["skill"], "/review");
    assert_eq!(entry["timedOut"], false);
    assert!(entry["durationMs"].is_u64());
    assert!(
        entry["completedAt"]
            .as_str()
            .is_some_and(|it| it.ends_with('Z'))
    );
    let history = plugin.ask("event_history", json!({ "limit": 1 })).await;
    assert_eq!(history.expect("told").as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_comes_for_a_plugin_that_is_away_waits_in_its_order() {
    let (_dir, fleet, token) = born(1).await;
    let mut other = Plugin::connect(fleet.web(0), &token, Some("other")).await;
    github_source(&mut other, Some("build")).await;
    let first = webhook(&fleet, 0, 1).await;
    let second = webhook(&fleet, 0, 2).await;

    let mut untagged = Plugin::connect(fleet.web(0), &token, None).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    for expected in [first, second] {
        let event = plugin.event().await;
        assert_eq!(event.name(), expected);
        plugin.ack(&event.id, &expected).await;
        plugin.has_done(&expected).await;
    }
    // Tagged events are for their tag alone.
    for plugin in [&mut other, &mut untagged] {
        plugin.ask("session_list", json!({})).await.expect("told");
        assert!(!plugin.has_event());
    }
}

#[tokio::test]
async fn an_untagged_event_is_for_untagged_sessions_and_one_of_them() {
    let (_dir, fleet, token) = born(1).await;
    let mut tagged = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    github_source(&mut tagged, None).await;
    webhook(&fleet, 0, 1).await;
    let mut one = Plugin::connect(fleet.web(0), &token, None).await;
    let event = one.event().await;
    let mut another = Plugin::connect(fleet.web(0), &token, None).await;
    for plugin in [&mut tagged, &mut another] {
        plugin.ask("session_list", json!({})).await.expect("told");
        assert!(!plugin.has_event());
    }
    // They share the work, whichever of them has a token in common.
    webhook(&fleet, 0, 2).await;
    let second = another.event().await;
    assert_ne!(second.name(), event.name());
}

#[tokio::test]
async fn an_ack_that_was_made_offline_counts() {
    let (_dir, fleet, token) = born(1).await;
    let (plugin, event, second) = at_work(&fleet, &token).await;
    let mut watcher = Plugin::connect(fleet.web(0), &token, Some("watcher")).await;
    drop(plugin);
    watcher.is_alone().await;

    let mut plugin = Plugin::come_back(fleet.web(0), &token, None).await;
    // The published plugin sends them before it answers anything.
    plugin.ack(&event.id, "done offline").await;
    let next = plugin.event().await;
    assert_eq!(next.name(), second);
    let entry = plugin.has_done("done offline").await;
    assert_eq!(entry["deliveries"], 1);
}

#[tokio::test]
async fn an_ack_that_comes_before_anybody_else_was_given_the_event_counts() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    github_source(&mut plugin, None).await;
    webhook(&fleet, 0, 1).await;
    let event = plugin.event().await;
    let mut watcher = Plugin::connect(fleet.web(0), &token, Some("watcher")).await;
    // Given back: it waits for a session, and this one's ack is there before it has one.
    plugin.close().await;
    watcher.is_alone().await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let mut plugin = Plugin::come_back(fleet.web(0), &token, None).await;
    plugin.ack(&event.id, "done offline").await;
    let entry = plugin.has_done("done offline").await;
    assert_eq!(entry["deliveries"], 1);
    assert!(!plugin.has_event());
}

#[tokio::test]
async fn what_was_not_acked_comes_again_and_says_so() {
    let (_dir, fleet, token) = born(1).await;
    let (plugin, event, second) = at_work(&fleet, &token).await;
    assert_eq!(event.meta("redelivered"), "");
    drop(plugin);

    let mut plugin = Plugin::come_back(fleet.web(0), &token, None).await;
    let next = plugin.event().await;
    assert_eq!(next.name(), second);
    plugin.ack(&next.id, "done").await;
    // The connection that is lost has had its time.
    let again = plugin.event().await;
    assert_eq!(again.name(), event.name());
    assert_ne!(again.id, event.id);
    assert_eq!(again.meta("redelivered"), "true");
    assert!(again.content.starts_with("This event was delivered before"));
    // A plugin that lived through it has it twice, and acks it twice: the latest delivery counts.
    plugin.ack(&event.id, "too late").await;
    plugin.ack(&again.id, "in time").await;
    plugin.has_done("in time").await;
}

#[tokio::test]
async fn a_plugin_that_closes_gives_back_what_it_has_at_once() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    github_source(&mut plugin, Some("build")).await;
    let first = webhook(&fleet, 0, 1).await;
    plugin.event().await;
    let mut other = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    plugin.close().await;
    let event = other.event().await;
    assert_eq!(event.name(), first);
}

#[tokio::test]
async fn an_ack_may_name_the_event_alone() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    github_source(&mut plugin, None).await;
    let first = webhook(&fleet, 0, 1).await;
    plugin.event().await;
    plugin.ack(&first, "by its name").await;
    plugin.has_done("by its name").await;
}

#[tokio::test]
async fn silence_on_both_sides_is_no_end() {
    // What HTTP allows a connection is not what a plugin's may take.
    let short = "limits.idle_ms = 1000\nlimits.head_ms = 1000\nlimits.body_ms = 1000\n";
    let (_dir, fleet, token) = born_with(1, short).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    github_source(&mut plugin, None).await;
    // Several times as long as HTTP would wait.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let event = webhook(&fleet, 0, 1).await;
    assert_eq!(plugin.event().await.name(), event);
}
