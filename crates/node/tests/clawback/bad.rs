//! Plugins that are none, and those that do not behave.

use std::time::Duration;

use ackord_chaos::http;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::plugin::Plugin;
use crate::{born, born_with, clawback, github_source, webhook};

const LONG: Duration = Duration::from_secs(120);

#[tokio::test]
async fn who_never_says_who_he_is_is_closed() {
    let (_dir, fleet, _) = born(1).await;
    let mut silent = Plugin::dial(fleet.web(0)).await;
    let (code, why) = silent.closed().await;
    assert_eq!(code, 1008);
    assert!(why.contains("no auth"), "{why}");
}

#[tokio::test]
async fn a_first_frame_that_is_no_auth_ends_the_connection() {
    let (_dir, fleet, token) = born(1).await;
    let cases = [
        (Message::text("hello"), 1008),
        (Message::text("{}"), 1008),
        (Message::text(r#"{"type":"pong"}"#), 1008),
        (Message::text(r#"{"type":"auth"}"#), 1008),
        (
            Message::text(r#"{"type":"auth","token":"cbt_guessed"}"#),
            1008,
        ),
        (Message::text(r#"{"type":"auth","token":"\u0000\n"}"#), 1008),
        (
            Message::text(json!({"type": "auth", "token": token.replace("cbt_", "")}).to_string()),
            1008,
        ),
        (
            Message::text(
                json!({"type": "auth", "token": token, "sessionTag": "no tag"}).to_string(),
            ),
            1008,
        ),
        (
            Message::text(json!({"type": "auth", "token": token, "sessionTag": 7}).to_string()),
            1008,
        ),
        (Message::binary(vec![0; 100]), 1003),
    ];
    for (message, expected) in cases {
        let mut plugin = Plugin::dial(fleet.web(0)).await;
        plugin.give(message.clone()).await;
        let (code, why) = plugin.closed().await;
        assert_eq!(code, expected, "{message:?}: {why}");
        assert!(!why.is_empty());
    }
}

#[tokio::test]
async fn a_frame_that_makes_no_sense_ends_the_connection_and_a_request_is_answered() {
    let (_dir, fleet, token) = born(1).await;
    let cases = [
        (Message::text("{"), 1008),
        (Message::text("[]"), 1008),
        (Message::text("null"), 1008),
        (Message::text(r#"{"type":"ack"}"#), 1008),
        (Message::text(r#"{"type":"cron_list"}"#), 1008),
        (
            Message::text(json!({"type": "auth", "token": token}).to_string()),
            1008,
        ),
        (Message::text("[".repeat(100_000)), 1008),
        (Message::binary(vec![1]), 1003),
    ];
    for (message, expected) in cases {
        let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
        plugin.give(message).await;
        assert_eq!(plugin.closed().await.0, expected);
    }
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    for (kind, fields) in [
        ("make_coffee", json!({})),
        ("cron_create", json!({ "schedule": 7, "prompt": "x" })),
        ("cron_delete", json!({ "cronId": null })),
        ("source_create", json!({ "slug": "Not A Slug" })),
        (
            "source_create",
            json!({ "slug": "a", "verifierType": "magic" }),
        ),
        (
            "source_create",
            json!({ "slug": "a", "routes": { "*": 7 } }),
        ),
        ("event_history", json!({ "limit": "many" })),
        ("session_send", json!({ "targets": "a", "content": "x" })),
    ] {
        let why = plugin.ask(kind, fields).await.expect_err("refused");
        assert!(why.len() > 10, "{kind}: {why}");
    }
    // And what cannot be meant means nothing.
    let long = "evt_".repeat(100_000);
    for id in [
        "",
        "x",
        "evt_1.1",
        "evt_1",
        "..",
        "evt_01k4.99999999999",
        &long,
    ] {
        plugin.ack(id, "nothing").await;
    }
    plugin.ask("session_list", json!({})).await.expect("told");
}

#[tokio::test]
async fn megabytes_are_not_taken() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    let content = "x".repeat(4 << 20);
    let frame =
        json!({ "type": "session_send", "requestId": "r", "targets": ["a"], "content": content });
    plugin.send(&frame).await;
    // A connection that is closed with bytes unread may be reset before the reason is read.
    let (code, _) = plugin.closed().await;
    assert!([1009, 1006].contains(&code), "{code}");
    ended(&fleet, "too_large").await;
}

#[tokio::test]
async fn a_flood_ends_the_connection() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    let mut other = Plugin::connect(fleet.web(0), &token, None).await;
    for _ in 0..20_000 {
        plugin.say(r#"{"type":"pong"}"#).await;
    }
    let (code, _) = plugin.closed().await;
    assert!([1008, 1006].contains(&code), "{code}");
    ended(&fleet, "flood").await;
    other.ask("session_list", json!({})).await.expect("told");
}

#[tokio::test]
async fn who_does_not_read_is_closed() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    let routes: Value = (0..12)
        .map(|it| (format!("kind.{it}"), Value::from("look ".repeat(4_000))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let source = json!({ "slug": "large", "verifierType": "none", "routes": routes });
    plugin.ask("source_create", source).await.expect("made");
    for at in 0..400 {
        let request = json!({ "type": "source_list", "requestId": format!("l-{at}") });
        // Once it is not read any more, this end waits, too.
        let said = plugin.send(&request);
        if timeout(Duration::from_secs(5), said).await.is_err() {
            break;
        }
    }
    ended(&fleet, "slow").await;
}

#[tokio::test]
async fn who_answers_no_ping_is_closed_and_what_it_had_comes_to_another() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    github_source(&mut plugin, None).await;
    let first = webhook(&fleet, 0, 1).await;
    plugin.event().await;
    // From here on it says nothing, though its connection stands.
    ended(&fleet, "silent").await;
    let mut other = Plugin::connect(fleet.web(0), &token, None).await;
    assert_eq!(other.event().await.name(), first);
}

#[tokio::test]
async fn what_newer_plugins_may_say_ends_no_connection() {
    let (_dir, fleet, token) = born(1).await;
    let mut plugin = Plugin::connect(fleet.web(0), &token, None).await;
    github_source(&mut plugin, None).await;
    webhook(&fleet, 0, 1).await;
    let event = plugin.event().await;
    plugin.say(r#"{"type":"presence","since":7}"#).await;
    let ack = json!({ "type": "ack", "eventId": event.id, "summary": null });
    plugin.send(&ack).await;
    let entry = plugin.has_done("").await;
    assert_eq!(entry["id"], event.name());
}

#[tokio::test]
async fn another_team_is_another_world() {
    let (_dir, fleet, token) = born(1).await;
    let foreign = clawback(&fleet.make_team("others").await.expect("made"));
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    let mut stranger = Plugin::connect(fleet.web(0), &foreign, Some("build")).await;
    github_source(&mut plugin, Some("build")).await;
    let cron = json!({ "schedule": "0 9 * * *", "prompt": "x", "label": "theirs" });
    let cron = plugin.ask("cron_create", cron).await.expect("made");
    let source = plugin.ask("source_list", json!({})).await.expect("told")[0]["id"].clone();
    webhook(&fleet, 0, 1).await;
    let event = plugin.event().await;

    stranger.ack(&event.id, "not mine").await;
    for (kind, fields) in [
        ("cron_delete", json!({ "cronId": cron["id"] })),
        ("cron_delete", json!({ "cronId": "theirs" })),
        ("source_delete", json!({ "sourceId": source })),
        ("source_delete", json!({ "sourceId": "github" })),
    ] {
        let answer = stranger.ask(kind, fields).await;
        assert_eq!(answer, Ok(json!({ "removed": false })));
    }
    for kind in ["cron_list", "source_list", "event_history"] {
        assert_eq!(stranger.ask(kind, json!({})).await, Ok(json!([])), "{kind}");
    }
    let sessions = stranger.ask("session_list", json!({})).await.expect("told");
    assert_eq!(sessions.as_array().map(Vec::len), Some(1));
    assert!(!stranger.has_event());
    // The ack of a stranger was none.
    plugin.ack(&event.id, "mine").await;
    plugin.has_done("mine").await;
}

#[tokio::test]
async fn a_token_without_the_role_is_told_which_it_lacks() {
    let (_dir, fleet, _) = born(1).await;
    let question = ackord_client::v1::CreateTokenRequest {
        team: "team".to_owned(),
        roles: vec![ackord_client::v1::Role::Session.into()],
        tags: vec!["build".to_owned()],
        ..ackord_client::v1::CreateTokenRequest::default()
    };
    let made = fleet.operator().create_token(question).await.expect("made");
    let token = clawback(&made.secret);
    let mut plugin = Plugin::connect(fleet.web(0), &token, Some("build")).await;
    for (kind, fields) in [
        ("token_create", json!({})),
        ("token_rotate", json!({})),
        ("token_list", json!({})),
        ("source_create", json!({ "slug": "a" })),
        (
            "cron_create",
            json!({ "schedule": "0 9 * * *", "prompt": "x" }),
        ),
        ("event_history", json!({})),
    ] {
        let why = plugin.ask(kind, fields).await.expect_err("refused");
        assert!(why.contains("role"), "{kind}: {why}");
    }
    let info = plugin.ask("account_info", json!({})).await.expect("told");
    assert_eq!(info["webhookId"], "team");
    // A token that is bound to a tag attaches there alone.
    let mut elsewhere = Plugin::dial(fleet.web(0)).await;
    elsewhere.auth(&token, Some("review")).await;
    assert_eq!(elsewhere.closed().await.0, 1008);
}

#[tokio::test]
async fn connections_of_plugins_are_among_those_of_their_address() {
    let few = "limits.connections_per_address = 2\n";
    let (_dir, fleet, token) = born_with(1, few).await;
    let one = Plugin::connect(fleet.web(0), &token, None).await;
    let _two = Plugin::connect(fleet.web(0), &token, None).await;
    let url = format!("ws://{}/ws", fleet.web(0));
    assert!(tokio_tungstenite::connect_async(&url).await.is_err());
    one.close().await;
    let _three = Plugin::come_back(fleet.web(0), &token, None).await;
}

/// Waits until a node has counted a connection that ended so.
async fn ended(fleet: &ackord_chaos::fleet::Fleet, why: &str) {
    let line = format!("ackord_clawback_connections_ended_total{{reason=\"{why}\"}} 1");
    let looks = async {
        loop {
            let at = fleet.operations(0);
            let page = tokio::task::spawn_blocking(move || http::get(at, "/metrics"));
            let page = page.await.expect("no panic");
            if page.is_ok_and(|it| it.1.contains(&line)) {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(LONG, looks).await.expect("it is counted");
}
