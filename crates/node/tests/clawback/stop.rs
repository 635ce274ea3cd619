//! A node that stops tells its plugins.

use std::time::Duration;

use ackord_chaos::fleet::Fleet;
use futures::future::join_all;
use serde_json::json;
use tokio::time::sleep;

use crate::plugin::Plugin;
use crate::{born, github_source, webhook};

#[tokio::test]
async fn a_node_that_stops_closes_its_plugins_and_takes_their_last_acks() {
    let (_dir, mut fleet, token) = born(1).await;
    let mut plugins = Vec::new();
    for number in 0..20 {
        let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
        if number == 0 {
            github_source(&mut plugin, None).await;
        }
        webhook(&fleet, 0, number).await;
        let event = plugin.event().await;
        plugins.push((plugin, event));
    }
    // Who says nothing is let go after a while: it comes last.
    let mut stranger = Plugin::dial(fleet.web(0)).await;
    fleet.terminate(0);
    // Some before the node closes, some while it does; none has read that it is closed.
    let acks = plugins.into_iter().zip(0_u32..);
    let acks = acks.map(|((mut plugin, event), at)| async move {
        sleep(Duration::from_millis(1) * at).await;
        plugin.ack(&event.id, &format!("done {at}")).await;
        plugin.closed().await.0
    });
    assert_eq!(join_all(acks).await, [1012; 20]);
    assert_eq!(stranger.closed().await.0, 1012);
    drop(stranger);
    let ended = fleet.end(0).await.expect("it ends");
    assert!(ended.success(), "{ended}");

    fleet.start_all().expect("it runs");
    fleet.serving(&[0]).await.expect("it serves");
    let mut watcher = Plugin::come_back(fleet.web(0), &token, Some("watcher")).await;
    for at in 0..20 {
        let entry = watcher.has_done(&format!("done {at}")).await;
        assert_eq!(entry["deliveries"], 1, "{entry}");
    }
}

#[tokio::test]
async fn an_ack_over_a_restart_of_the_node_counts() {
    let (_dir, mut fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    github_source(&mut plugin, None).await;
    webhook(&fleet, 0, 1).await;
    let event = plugin.event().await;
    restart(&mut fleet).await;
    let mut plugin = Plugin::come_back(fleet.web(0), &token, None).await;
    plugin.ack(&event.id, "done meanwhile").await;
    let entry = plugin.has_done("done meanwhile").await;
    assert_eq!(entry["deliveries"], 1);
}

#[tokio::test]
async fn plugins_that_come_back_together_are_not_given_what_another_one_works_on() {
    let (_dir, mut fleet, token) = born(1).await;
    let (mut plugins, mut events) = (Vec::new(), Vec::new());
    for number in 0..4 {
        let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
        if number == 0 {
            github_source(&mut plugin, None).await;
        }
        webhook(&fleet, 0, number).await;
        events.push(plugin.event().await);
        plugins.push(plugin);
    }
    restart(&mut fleet).await;
    drop(plugins);

    let mut plugins = Vec::new();
    for _ in 0..4 {
        let mut plugin = Plugin::come_back(fleet.web(0), &token, None).await;
        plugin.is_seated().await;
        plugins.push(plugin);
    }
    for (plugin, event) in plugins.iter_mut().zip(&events) {
        plugin.ask("session_list", json!({})).await.expect("told");
        assert!(!plugin.has_event());
        plugin.ack(&event.id, &event.id).await;
        let entry = plugin.has_done(&event.id).await;
        assert_eq!(entry["deliveries"], 1);
        assert!(!plugin.has_event());
    }
}

async fn restart(fleet: &mut Fleet) {
    fleet.terminate(0);
    let ended = fleet.end(0).await.expect("it ends");
    assert!(ended.success(), "{ended}");
    fleet.start_all().expect("it runs");
    fleet.serving(&[0]).await.expect("it serves");
}
