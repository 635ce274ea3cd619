//! Three nodes.

use serde_json::json;

use crate::plugin::Plugin;
use crate::{born, github_source, webhook};

#[tokio::test]
async fn a_plugin_of_a_follower_works_on_through_a_change_of_the_leader() {
    let (_dir, mut fleet, token) = born(3).await;
    let leader = fleet.leader().await.expect("one leads");
    let at = (leader + 1) % 3;
    let mut plugin = Plugin::connect(fleet.web(at), &token, Some("build")).await;
    github_source(&mut plugin, Some("build")).await;
    let first = webhook(&fleet, at, 1).await;
    let second = webhook(&fleet, at, 2).await;
    let event = plugin.event().await;
    assert_eq!(event.name(), first);

    fleet.kill(leader);
    // It is decided once somebody leads. A node that hears nobody for long lets its plugins go: they come
    // back with what they have to say.
    plugin.ack(&event.id, "through the change").await;
    let event = loop {
        if let Some(next) = plugin.event_if_open().await {
            break next;
        }
        plugin = Plugin::come_back(fleet.web(at), &token, Some("build")).await;
        plugin.ack(&event.id, "through the change").await;
    };
    assert_eq!(event.name(), second);
    plugin.ack(&event.id, "after it").await;
    plugin.has_done("through the change").await;
    let entry = plugin.has_done("after it").await;
    assert_eq!(entry["deliveries"], 1);
    let third = webhook(&fleet, at, 3).await;
    assert_eq!(plugin.event().await.name(), third);
}

#[tokio::test]
async fn a_plugin_whose_node_dies_goes_on_at_another_one() {
    let (_dir, mut fleet, token) = born(3).await;
    let leader = fleet.leader().await.expect("one leads");
    let other = (leader + 1) % 3;
    let mut plugin = Plugin::connect(fleet.web(leader), &token, Some("build")).await;
    github_source(&mut plugin, Some("build")).await;
    let first = webhook(&fleet, leader, 1).await;
    let second = webhook(&fleet, leader, 2).await;
    let event = plugin.event().await;
    fleet.kill(leader);
    assert_eq!(plugin.closed().await.0, 1006);

    let mut plugin = Plugin::come_back(fleet.web(other), &token, Some("build")).await;
    plugin.ack(&event.id, "by another node").await;
    let entry = plugin.has_done("by another node").await;
    assert_eq!(entry["id"], first);
    assert_eq!(entry["deliveries"], 1);
    let event = plugin.event().await;
    assert_eq!(event.name(), second);
    let info = plugin.ask("account_info", json!({})).await.expect("told");
    assert_eq!(info["webhookId"], "team");
}

#[tokio::test]
async fn plugins_at_different_nodes_write_to_each_other() {
    let (_dir, fleet, token) = born(3).await;
    let mut one = Plugin::connect(fleet.web(0), &token, Some("one")).await;
    let mut two = Plugin::connect(fleet.web(1), &token, Some("two")).await;
    let hello = json!({ "targets": ["two"], "content": "hello from afar" });
    let sent = one.ask("session_send", hello).await;
    assert_eq!(sent, Ok(json!({ "sent": 1, "queued": 0 })));
    let event = two.event().await;
    assert!(event.content.contains("hello from afar"));
    assert_eq!(event.meta("from"), "one");
}
