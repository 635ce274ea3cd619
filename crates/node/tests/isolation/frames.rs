//! Every request of the Clawback protocol, and its acks.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::assert_all_tried;
use crate::names::{Names, Whose};
use crate::plugin::Plugin;
use crate::verdict::{judge, lasting};

/// A request, and its fields. What makes a thing of the caller's own comes last, and the end of its token at
/// the very end.
const CASES: [(&str, &[&str]); 14] = [
    ("account_info", &["{}"]),
    ("activity_list", &["{}"]),
    ("cron_list", &["{}"]),
    ("event_history", &[r#"{"limit": 100}"#]),
    ("session_list", &["{}"]),
    ("source_list", &["{}"]),
    ("token_list", &["{}"]),
    (
        "cron_delete",
        &[r#"{"cronId": "{cron}"}"#, r#"{"cronId": "{label}"}"#],
    ),
    (
        "source_delete",
        &[r#"{"sourceId": "{source}"}"#, r#"{"sourceId": "{slug}"}"#],
    ),
    (
        "session_send",
        &[r#"{"targets": ["{tag}"], "content": "x"}"#],
    ),
    (
        "cron_create",
        &[r#"{"schedule": "0 9 1 1 *", "prompt": "x", "label": "{label}", "sessionTag": "{tag}"}"#],
    ),
    (
        "source_create",
        &[r#"{"slug": "{slug}", "verifierType": "none", "sessionTag": "{tag}"}"#],
    ),
    ("token_create", &[r#"{"label": "own"}"#]),
    ("token_rotate", &["{}"]),
];

/// Sends each request with the victim's things, and with nobody's, and acks of all its events.
pub(crate) async fn try_all(web: SocketAddr, secret: &str, names: &Names) {
    let are = ackord_clawback::request_types().map(str::to_owned);
    assert_all_tried(
        "request",
        are.collect(),
        CASES.iter().map(|it| it.0).collect(),
    );
    let token = ackord_clawback::to_clawback(secret).expect("a token of ours");
    // A session of the victim's tag gets nothing of the victim's.
    let mut tagged = Plugin::connect(web, &token, Some(names.theirs("tag"))).await;
    let mut plugin = Plugin::connect(web, &token, None).await;
    for event in ["done", "leased", "event", "message", "dead"] {
        let event = names.theirs(event);
        for id in [event.to_owned(), format!("{event}.1"), format!("{event}.2")] {
            plugin.ack(&id, "not mine").await;
        }
    }
    tagged.ask("cron_list", json!({})).await.expect("told");
    assert!(!tagged.has_event());
    tagged.close().await;
    plugin.is_alone().await;

    for (request, cases) in &CASES {
        for case in *cases {
            let theirs = asked(&mut plugin, request, names, case, Whose::Theirs).await;
            let nobodys = match names.is_asked_by(case) {
                true => asked(&mut plugin, request, names, case, Whose::Nobodys).await,
                false => theirs.clone(),
            };
            judge(request, case, names, &theirs, &nobodys);
        }
    }
    assert!(!plugin.has_event());
}

async fn asked(
    plugin: &mut Plugin,
    request: &str,
    names: &Names,
    case: &str,
    whose: Whose,
) -> String {
    let fields: Value = serde_json::from_str(&names.fill(case, whose)).expect(case);
    match plugin.ask(request, fields).await {
        Ok(said) => lasting(names, said).to_string(),
        Err(why) => format!("refused: {why}"),
    }
}
