//! Every tool of the adapter.

use std::path::Path;

use serde_json::Value;

use crate::adapter::Adapter;
use crate::assert_all_tried;
use crate::names::{Names, Whose};
use crate::verdict::judge;

/// A tool, and what it is called with. What makes a thing of the caller's own comes last.
static CASES: [(&str, &[&str]); 32] = [
    ("account_info", &["{}"]),
    (
        "checkpoint",
        &[r#"{"event_id": "{leased}", "delivery": 1, "note": "x"}"#],
    ),
    ("cron_list", &["{}"]),
    (
        "cron_delete",
        &[r#"{"id": "{cron}"}"#, r#"{"id": "{label}"}"#],
    ),
    (
        "cron_fire",
        &[r#"{"id": "{cron}"}"#, r#"{"id": "{label}"}"#],
    ),
    (
        "cron_update",
        &[
            r#"{"id": "{cron}", "prompt": "x"}"#,
            r#"{"id": "{label}", "prompt": "x"}"#,
        ],
    ),
    (
        "cron_pause",
        &[r#"{"id": "{cron}"}"#, r#"{"id": "{label}"}"#],
    ),
    (
        "cron_resume",
        &[r#"{"id": "{cron}"}"#, r#"{"id": "{label}"}"#],
    ),
    ("dead_list", &["{}", r#"{"tag": "{dead_tag}"}"#]),
    (
        "dead_replay",
        &[r#"{"event_id": "{dead}"}"#, r#"{"event_id": "{done}"}"#],
    ),
    (
        "effect_begin",
        &[r#"{"event_id": "{leased}", "delivery": 1, "key": "{effect}"}"#],
    ),
    (
        "effect_complete",
        &[r#"{"event_id": "{leased}", "delivery": 1, "key": "{effect}"}"#],
    ),
    (
        "event_ack",
        &[
            r#"{"event_id": "{leased}", "delivery": 1}"#,
            r#"{"event_id": "{leased}"}"#,
        ],
    ),
    ("event_body", &[r#"{"event_id": "{event}"}"#]),
    (
        "event_extend",
        &[r#"{"event_id": "{leased}", "delivery": 1}"#],
    ),
    (
        "event_get",
        &[r#"{"event_id": "{event}"}"#, r#"{"event_id": "{done}"}"#],
    ),
    ("event_history", &["{}"]),
    (
        "event_nack",
        &[r#"{"event_id": "{leased}", "delivery": 1, "reject": true}"#],
    ),
    ("event_next", &["{}"]),
    (
        "event_why",
        &[r#"{"event_id": "{event}"}"#, r#"{"event_id": "{dead}"}"#],
    ),
    ("session_list", &["{}"]),
    (
        "session_reply",
        &[r#"{"event_id": "{message}", "message": "x"}"#],
    ),
    ("source_list", &["{}"]),
    (
        "source_delete",
        &[r#"{"id": "{source}"}"#, r#"{"id": "{slug}"}"#],
    ),
    (
        "source_test",
        &[
            r#"{"id": "{slug}", "body": "{}"}"#,
            r#"{"id": "{source}", "body": "{}"}"#,
        ],
    ),
    (
        "source_update",
        &[
            r#"{"id": "{slug}", "mode": "disabled"}"#,
            r#"{"id": "{source}", "session": "x"}"#,
        ],
    ),
    ("token_list", &["{}"]),
    ("token_rotate", &["{}"]),
    ("token_create", &[r#"{"label": "own"}"#]),
    (
        "session_send",
        &[
            r#"{"target": "{tag}", "message": "x"}"#,
            r#"{"target": "*", "message": "x"}"#,
        ],
    ),
    (
        "cron_create",
        &[r#"{"schedule": "0 9 1 1 *", "prompt": "x", "label": "{label}", "session": "{tag}"}"#],
    ),
    (
        "source_create",
        &[r#"{"slug": "{slug}", "type": "none", "session": "{tag}"}"#],
    ),
];

/// Calls each tool with the victim's things, and with nobody's.
pub(crate) async fn try_all(dir: &Path, server: &str, secret: &str, names: &Names) {
    let mut adapter = Adapter::start(dir, server, secret).await;
    let tools = adapter.tools().await;
    assert_all_tried("tool", tools, CASES.iter().map(|it| it.0).collect());
    for (tool, cases) in CASES {
        for case in cases {
            let theirs = called(&mut adapter, tool, names, case, Whose::Theirs).await;
            let nobodys = match names.is_asked_by(case) {
                true => called(&mut adapter, tool, names, case, Whose::Nobodys).await,
                false => theirs.clone(),
            };
            judge(tool, case, names, &theirs, &nobodys);
        }
    }
}

/// What a tool says, but for the caller's own ids and the time.
async fn called(
    adapter: &mut Adapter,
    tool: &str,
    names: &Names,
    case: &str,
    whose: Whose,
) -> String {
    let arguments: Value = serde_json::from_str(&names.fill(case, whose)).expect(case);
    let said = adapter.call(tool, &arguments).await;
    let words = said.split(' ').map(|word| names.lasting_word(word));
    words.collect::<Vec<_>>().join(" ")
}
