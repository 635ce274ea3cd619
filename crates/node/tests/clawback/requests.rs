//! What a plugin asks, and the fields that it expects back.

use serde_json::json;

use crate::plugin::Plugin;
use crate::{born, github_source, webhook};

#[tokio::test]
async fn sources_are_made_listed_and_removed() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    github_source(&mut plugin, Some("build")).await;
    let plain = json!({ "slug": "plain", "verifierType": "none", "skill": "/look", "priority": "priority" });
    let made = plugin
        .ask("source_create", plain.clone())
        .await
        .expect("made");
    assert_eq!(made["skill"], "/look");
    let twice = plugin.ask("source_create", plain).await;
    assert!(twice.expect_err("it is there").contains("exists"));

    let sources = plugin.ask("source_list", json!({})).await.expect("told");
    let sources = sources.as_array().expect("sources");
    assert_eq!(sources.len(), 2);
    assert_eq!(sources[0]["slug"], "github");
    assert_eq!(sources[0]["type"], "github");
    assert_eq!(sources[0]["sessionTag"], "build");
    assert_eq!(sources[1]["type"], "none");
    assert_eq!(sources[1]["priority"], "priority");
    assert_eq!(sources[1]["routes"], json!({ "*": "/look" }));

    for source in sources {
        let id = json!({ "sourceId": source["id"] });
        let removed = plugin.ask("source_delete", id.clone()).await;
        assert_eq!(removed, Ok(json!({ "removed": true })));
        let again = plugin.ask("source_delete", id).await;
        assert_eq!(again, Ok(json!({ "removed": false })));
    }
    let sources = plugin.ask("source_list", json!({})).await;
    assert_eq!(sources, Ok(json!([])));
}

#[tokio::test]
async fn the_account_says_where_webhooks_go() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    github_source(&mut plugin, Some("build")).await;
    let info = plugin.ask("account_info", json!({})).await.expect("told");
    let base = format!("http://{}/webhooks/team", fleet.web(0));
    assert_eq!(info["webhookBaseUrl"], base.as_str());
    assert_eq!(info["webhookId"], "team");
    assert_eq!(info["sessionTag"], "build");
    assert_eq!(info["connectedClients"], 1);
    assert!(
        info["profileId"]
            .as_str()
            .is_some_and(|it| it.starts_with("team_"))
    );
    // `BASE/SLUG`, as the plugin puts it together.
    let event = webhook(&fleet, 0, 1).await;
    assert_eq!(plugin.event().await.name(), event);
}

#[tokio::test]
async fn crons_are_made_listed_and_removed_and_fire() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    let daily = json!({
        "schedule": "0 9 * * *",
        "prompt": "/catchup",
        "label": "mornings",
        "sessionTag": "build",
    });
    let made = plugin.ask("cron_create", daily).await.expect("made");
    assert_eq!(made["schedule"], "0 9 * * *");
    assert_eq!(made["prompt"], "/catchup");
    assert_eq!(made["label"], "mornings");
    assert_eq!(made["sessionTag"], "build");

    let soon =
        json!({ "schedule": "@every 1s", "prompt": "look at the queue", "sessionTag": "build" });
    let soon = plugin.ask("cron_create", soon).await.expect("made");
    let event = plugin.event().await;
    assert_eq!(event.meta("source"), "cron");
    assert_eq!(event.meta("cronId"), soon["id"].as_str().expect("an id"));
    assert_eq!(event.content, "look at the queue");

    let crons = plugin.ask("cron_list", json!({})).await.expect("told");
    let crons = crons.as_array().expect("crons");
    assert_eq!(crons.len(), 2);
    for cron in crons {
        let id = json!({ "cronId": cron["id"] });
        let removed = plugin.ask("cron_delete", id.clone()).await;
        assert_eq!(removed, Ok(json!({ "removed": true })));
        let again = plugin.ask("cron_delete", id).await;
        assert_eq!(again, Ok(json!({ "removed": false })));
    }
    let bad = json!({ "schedule": "every now and then", "prompt": "x" });
    let why = plugin
        .ask("cron_create", bad)
        .await
        .expect_err("no schedule");
    assert!(why.contains("schedule"), "{why}");
}

#[tokio::test]
async fn tokens_are_made_listed_and_rotated() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    let laptop = json!({ "label": "laptop" });
    let made = plugin.ask("token_create", laptop).await.expect("made");
    assert_eq!(made["label"], "laptop");
    let second = made["token"].as_str().expect("a token").to_owned();
    assert!(second.starts_with("cbt_"));
    let mut laptop = Plugin::connect(fleet.web(0), &second, None).await;

    let tokens = laptop.ask("token_list", json!({})).await.expect("told");
    let tokens = tokens.as_array().expect("tokens");
    let current: Vec<_> = tokens.iter().filter(|it| it["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["id"], made["id"]);
    assert_eq!(current[0]["label"], "laptop");
    assert!(current[0]["lastSeen"].is_string() && current[0]["createdAt"].is_string());
    assert!(tokens.iter().all(|it| it.get("token").is_none()));

    let rotated = laptop
        .ask("token_rotate", json!({}))
        .await
        .expect("rotated");
    let third = rotated["token"].as_str().expect("a token").to_owned();
    assert_ne!(third, second);
    let (code, why) = laptop.closed().await;
    assert_eq!(code, 1008, "{why}");
    let mut old = Plugin::dial(fleet.web(0)).await;
    old.auth(&second, None).await;
    assert_eq!(old.closed().await.0, 1008);
    let mut new = Plugin::connect(fleet.web(0), &third, None).await;
    let tokens = new.ask("token_list", json!({})).await.expect("told");
    let tokens = tokens.as_array().expect("tokens").iter();
    let labels: Vec<_> = tokens.filter(|it| it["current"] == true).collect();
    assert_eq!(labels[0]["label"], "laptop");
    // The others go on.
    plugin.ask("session_list", json!({})).await.expect("told");
}

#[tokio::test]
async fn an_ack_that_came_with_the_old_token_counts() {
    let (_dir, fleet, token) = born(1).await;
    let mut other = Plugin::connect(fleet.web(0), &token, Some("other")).await;
    let made = other.ask("token_create", json!({})).await.expect("made");
    let old = made["token"].as_str().expect("a token");
    let mut plugin = Plugin::connect(fleet.web(0), old, None).await;
    github_source(&mut plugin, None).await;
    let event = webhook(&fleet, 0, 1).await;
    let given = plugin.event().await;
    plugin.ack(&given.id, "just in time").await;
    let rotated = plugin.ask("token_rotate", json!({})).await;
    rotated.expect("rotated");
    assert_eq!(plugin.closed().await.0, 1008);
    let entry = other.has_done("just in time").await;
    assert_eq!(entry["id"], event);
}

#[tokio::test]
async fn the_program_makes_a_token_that_the_plugin_takes() {
    let (_dir, fleet, token) = born(1).await;
    let admin = token.replace("cbt_", "ackord_");
    let server = format!("http://{}", fleet.address(0));
    let made = tokio::task::spawn_blocking(move || {
        std::process::Command::new(crate::PROGRAM)
            .args(["token", "create", "--clawback", "--output", "json"])
            .args(["--server", &server])
            .env("ACKORD_TOKEN", admin)
            .output()
    });
    let made = made.await.expect("no panic").expect("it runs");
    assert!(made.status.success(), "{made:?}");
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let token = made["secret"].as_str().expect("a token");
    assert!(token.starts_with("cbt_"));
    let mut plugin = Plugin::connect(fleet.web(0), token, None).await;
    github_source(&mut plugin, None).await;
    let event = webhook(&fleet, 0, 1).await;
    assert_eq!(plugin.event().await.name(), event);
}
