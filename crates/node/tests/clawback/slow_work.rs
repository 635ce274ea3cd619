//! Work that takes longer than the plugin remembers what it has in hand: 300 s for the published one, a second
//! here.

use std::time::Duration;

use ackord_client::v1;

use crate::agent::Agent;
use crate::plugin::Plugin;
use crate::{born_with, github_source, webhook};

const FORGETS_AFTER: Duration = Duration::from_secs(1);
const REMINDER: &str = "plugin_reminder_ms = 1200\n";

#[tokio::test]
async fn an_ack_after_the_plugin_forgot_the_event_is_of_that_event() {
    let (_dir, fleet, token) = born_with(1, REMINDER).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    github_source(&mut plugin, None).await;
    let first = webhook(&fleet, 0, 1).await;
    let second = webhook(&fleet, 0, 2).await;
    let mut agent = Agent::new(plugin, FORGETS_AFTER);
    let event = agent.shown().await;
    assert_eq!(event.name(), first);

    // It is long at work, and reminded; the other event is not for it yet.
    for _ in 0..3 {
        let reminder = agent.shown().await;
        assert_eq!(reminder.id, event.id);
        assert_eq!(reminder.meta("type"), "ack_reminder");
        assert!(reminder.content.contains(&first), "{}", reminder.content);
    }
    // An ack that comes between the two is lost in the plugin: the next reminder brings another one.
    let next = loop {
        agent.event_ack("done at last").await;
        let next = agent.shown().await;
        if next.meta("type") != "ack_reminder" {
            break next;
        }
        assert_eq!(next.id, event.id);
    };
    assert_eq!(next.name(), second);
    let entry = agent.plugin().has_done("done at last").await;
    assert_eq!(entry["id"], first);
    assert_eq!(entry["deliveries"], 1);
    assert_eq!(entry["timedOut"], false);
}

#[tokio::test]
async fn who_missed_the_time_of_an_event_is_told_what_an_ack_means_from_then_on() {
    let (_dir, fleet, token) = born_with(1, "").await;
    let mut other = Plugin::connect(fleet.web(0), &token, Some("other")).await;
    github_source(&mut other, Some("build")).await;
    let queue = v1::SetQueueRequest {
        tag: "build".to_owned(),
        settings: Some(v1::QueueSettings {
            lease_ms: 2_000,
            ..v1::QueueSettings::default()
        }),
        ..v1::SetQueueRequest::default()
    };
    let client = fleet.client(&token.replace("cbt_", "ackord_"));
    client.set_queue(queue).await.expect("set");
    let first = webhook(&fleet, 0, 1).await;
    let second = webhook(&fleet, 0, 2).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    let event = plugin.event().await;
    assert_eq!(event.name(), first);

    // The lease ends, and the next event is given out.
    let mut next = plugin.event().await;
    assert_eq!(next.name(), second);
    assert!(next.content.starts_with("The time of the event before"));
    assert!(next.content.contains(&first), "{}", next.content);
    // What was missed comes again in its turn.
    while next.name() != first {
        plugin.ack(&next.id, "the other one").await;
        next = plugin.event().await;
    }
    assert_ne!(next.id, event.id);
    assert_eq!(next.meta("redelivered"), "true");
}
