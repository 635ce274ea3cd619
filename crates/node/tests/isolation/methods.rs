//! Every method of the API.

use serde_json::Value;

use crate::assert_all_tried;
use crate::names::{Names, Whose};
use crate::verdict::{judge, lasting};
use crate::wire::Api;

/// A method, and what it is asked: each a line of messages, as a list. Those that only look come first, for the
/// caller makes things of its own then, under the victim's names.
const CASES: [(&str, &[&str]); 70] = [
    (
        "ApprovalService/GetApproval",
        &[r#"[{"approvalId": "{approval}"}]"#],
    ),
    (
        "ApprovalService/ListApprovals",
        &["[{}]", r#"[{"state": "APPROVAL_STATE_OPEN"}]"#],
    ),
    (
        "ApprovalService/WatchApproval",
        &[r#"[{"approvalId": "{approval}"}]"#],
    ),
    ("ClusterService/GetStatus", &["[{}]"]),
    (
        "CronService/GetCron",
        &[r#"[{"cron": "{cron}"}]"#, r#"[{"cron": "{label}"}]"#],
    ),
    ("CronService/ListCrons", &["[{}]"]),
    (
        "CronService/PreviewSchedule",
        &[r#"[{"schedule": "@daily"}]"#],
    ),
    (
        "EffectService/ListEffects",
        &[r#"[{"eventId": "{leased}"}]"#, r#"[{"eventId": "{done}"}]"#],
    ),
    (
        "EventService/GetEvent",
        &[
            r#"[{"eventId": "{event}"}]"#,
            r#"[{"eventId": "{leased}"}]"#,
            r#"[{"eventId": "{done}"}]"#,
            r#"[{"eventId": "{dead}"}]"#,
            r#"[{"eventId": "{message}"}]"#,
        ],
    ),
    (
        "EventService/GetBody",
        &[
            r#"[{"eventId": "{event}"}]"#,
            r#"[{"eventId": "{message}"}]"#,
        ],
    ),
    ("EventService/GetJob", &[r#"[{"jobId": "{job}"}]"#]),
    (
        "EventService/ListDead",
        &["[{}]", r#"[{"tag": "{dead_tag}"}]"#],
    ),
    (
        "EventService/ListEvents",
        &[
            "[{}]",
            r#"[{"tag": "{tag}"}]"#,
            r#"[{"eventType": "{type}"}]"#,
        ],
    ),
    (
        "EventService/ListHistory",
        &["[{}]", r#"[{"tag": "{tag}"}]"#],
    ),
    (
        "EventService/Why",
        &[
            r#"[{"eventId": "{event}"}]"#,
            r#"[{"eventId": "{leased}"}]"#,
            r#"[{"eventId": "{dead}"}]"#,
        ],
    ),
    ("QueueService/GetQueue", &[r#"[{"tag": "{tag}"}]"#]),
    ("QueueService/ListQueues", &["[{}]"]),
    (
        "SessionService/ListSessions",
        &["[{}]", r#"[{"tag": "{tag}"}]"#],
    ),
    (
        "SourceService/GetSource",
        &[r#"[{"slug": "{slug}"}]"#, r#"[{"slug": "{source}"}]"#],
    ),
    (
        "SourceService/ListRequests",
        &["[{}]", r#"[{"slug": "{slug}"}]"#],
    ),
    ("SourceService/ListSources", &["[{}]"]),
    (
        "SourceService/TestSource",
        &[r#"[{"slug": "{slug}", "request": {"method": "POST", "body": "e30="}}]"#],
    ),
    (
        "TeamService/GetTeam",
        &[
            "[{}]",
            r#"[{"team": "{team}"}]"#,
            r#"[{"team": "{team_id}"}]"#,
        ],
    ),
    ("TeamService/ListTeams", &["[{}]"]),
    (
        "TokenService/ListTokens",
        &[
            "[{}]",
            r#"[{"team": "{team}"}]"#,
            r#"[{"team": "{team_id}"}]"#,
        ],
    ),
    // What only operators do.
    (
        "ClusterService/AddNode",
        &[r#"[{"address": "127.0.0.1:1"}]"#],
    ),
    ("ClusterService/PromoteNode", &[r#"[{"nodeId": "node_2"}]"#]),
    ("ClusterService/RaiseFormat", &[r#"[{"format": 1}]"#]),
    ("ClusterService/RemoveNode", &[r#"[{"nodeId": "node_2"}]"#]),
    (
        "ClusterService/ReplaceNode",
        &[r#"[{"oldNodeId": "node_2", "newNodeId": "node_9"}]"#],
    ),
    ("ClusterService/TakeSnapshot", &["[{}]"]),
    (
        "ClusterService/TransferLeader",
        &[r#"[{"nodeId": "node_2"}]"#],
    ),
    ("TeamService/CreateTeam", &[r#"[{"name": "{team}"}]"#]),
    (
        "TeamService/SetRetention",
        &[
            r#"[{"team": "{team}", "retention": {"eventsKeptMs": "3600000"}}]"#,
            r#"[{"team": "{team_id}", "retention": {"eventsKeptMs": "3600000"}}]"#,
        ],
    ),
    // What names a thing of the victim.
    (
        "ApprovalService/AnswerApproval",
        &[r#"[{"approvalId": "{approval}", "allow": true}]"#],
    ),
    (
        "ApprovalService/RequestApproval",
        &[
            r#"[{"fence": {"eventId": "{leased}", "delivery": 1}, "requestId": "canary", "tool": "x",
                 "description": "x", "sessionKey": "{session}", "nonce": "41"}]"#,
            r#"[{"requestId": "own", "tool": "x", "description": "x", "sessionKey": "own", "nonce": "7",
                 "tokenId": "{token}"}]"#,
        ],
    ),
    (
        "CronService/DeleteCron",
        &[
            r#"[{"cron": "{cron}"}]"#,
            r#"[{"cron": "{label}", "revision": "1"}]"#,
        ],
    ),
    (
        "CronService/FireCron",
        &[r#"[{"cron": "{cron}"}]"#, r#"[{"cron": "{label}"}]"#],
    ),
    (
        "CronService/PauseCron",
        &[r#"[{"cron": "{cron}"}]"#, r#"[{"cron": "{label}"}]"#],
    ),
    (
        "CronService/ResumeCron",
        &[r#"[{"cron": "{cron}"}]"#, r#"[{"cron": "{label}"}]"#],
    ),
    (
        "CronService/UpdateCron",
        &[
            r#"[{"cron": "{cron}", "terms": {"label": "x", "schedule": "@daily"},
                 "instruction": {"prompt": "x"}}]"#,
            r#"[{"cron": "{label}", "revision": "9", "terms": {"label": "x", "schedule": "@daily"},
                 "instruction": {"prompt": "x"}}]"#,
        ],
    ),
    (
        "EffectService/BeginEffect",
        &[
            r#"[{"fence": {"eventId": "{leased}", "delivery": 1}, "key": "{effect}", "nonce": "1"}]"#,
        ],
    ),
    (
        "EffectService/CompleteEffect",
        &[
            r#"[{"fence": {"eventId": "{leased}", "delivery": 1}, "completion": {"key": "{effect}"}}]"#,
        ],
    ),
    (
        "EffectService/ForceEffect",
        &[
            r#"[{"fence": {"eventId": "{leased}", "delivery": 1}, "key": "{effect}", "reason": "x"}]"#,
        ],
    ),
    (
        "EventService/Purge",
        &[r#"[{"eventId": "{dead}"}]"#, r#"[{"eventId": "{done}"}]"#],
    ),
    (
        "EventService/Replay",
        &[r#"[{"eventId": "{dead}"}]"#, r#"[{"eventId": "{done}"}]"#],
    ),
    (
        "EventService/StartJob",
        &[
            r#"[{"kind": "JOB_KIND_PURGE_DEAD", "tag": "{dead_tag}"}]"#,
            r#"[{"kind": "JOB_KIND_REPLAY_DEAD"}]"#,
            r#"[{"kind": "JOB_KIND_PURGE_DEAD"}]"#,
            r#"[{"kind": "JOB_KIND_CANCEL_QUEUE", "tag": "{tag}"}]"#,
        ],
    ),
    (
        "IngressService/Cancel",
        &[
            r#"[{"eventId": "{event}"}]"#,
            r#"[{"eventId": "{leased}"}]"#,
            r#"[{"eventId": "{dead}"}]"#,
        ],
    ),
    (
        "MessageService/Handoff",
        &[r#"[{"fence": {"eventId": "{leased}", "delivery": 1}, "tag": "{tag}", "note": "x"}]"#],
    ),
    (
        "MessageService/Send",
        &[
            r#"[{"message": {"text": "x", "inReplyTo": "{message}"}}]"#,
            r#"[{"message": {"text": "x", "tags": ["own"], "inReplyTo": "{message}"}}]"#,
            r#"[{"message": {"text": "x", "tags": ["own"]}, "sessionKey": "{session}", "nonce": "41"}]"#,
            r#"[{"message": {"text": "x", "tags": ["{tag}"], "threadId": "{thread}",
                 "delayMs": "86400000"}}]"#,
        ],
    ),
    (
        "SessionService/Ack",
        &[
            r#"[{"ack": {"fence": {"eventId": "{leased}", "delivery": 1}, "summary": "x"}}]"#,
            r#"[{"ack": {"fence": {"eventId": "{done}", "delivery": 1}, "summary": "x"}}]"#,
            r#"[{"ack": {"fence": {"eventId": "{leased}", "delivery": 1},
                 "effects": [{"key": "{effect}"}], "emits": [{"message": {"text": "x"}}]}}]"#,
        ],
    ),
    (
        "SessionService/Checkpoint",
        &[r#"[{"checkpoint": {"fence": {"eventId": "{leased}", "delivery": 1}, "note": "x"}}]"#],
    ),
    (
        "SessionService/Extend",
        &[
            r#"[{"items": [{"fence": {"eventId": "{leased}", "delivery": 1}},
                         {"fence": {"eventId": "{dead}", "delivery": 1}}]}]"#,
        ],
    ),
    (
        "SessionService/Nack",
        &[
            r#"[{"nack": {"fence": {"eventId": "{leased}", "delivery": 1}, "reject": true, "reason": "x"}}]"#,
            r#"[{"nack": {"fence": {"eventId": "{leased}", "delivery": 9}}}]"#,
        ],
    ),
    (
        "SourceService/DeleteSource",
        &[r#"[{"slug": "{slug}"}]"#, r#"[{"slug": "{source}"}]"#],
    ),
    (
        "SourceService/OpenPairing",
        &[r#"[{"slug": "{slug}", "forMs": "60000"}]"#],
    ),
    ("SourceService/ResealSource", &[r#"[{"slug": "{slug}"}]"#]),
    (
        "SourceService/RerouteEvents",
        &[r#"[{"slug": "{slug}", "eventIds": ["{dead}"]}]"#],
    ),
    (
        "SourceService/UpdateSource",
        &[r#"[{"slug": "{slug}", "mode": "SOURCE_MODE_DISABLED"}]"#],
    ),
    ("TokenService/RevokeToken", &[r#"[{"tokenId": "{token}"}]"#]),
    // What makes a thing of the caller's own, under a name that the victim has, too.
    (
        "SessionService/Attach",
        &[
            r#"[{"seq": "0", "hello": {"key": "{session}", "nonce": "41", "tag": "{tag}"}},
              {"seq": "1", "claim": {"fence": {"eventId": "{leased}", "delivery": 1}}},
              {"seq": "2", "extend": {"fence": {"eventId": "{leased}", "delivery": 1}}},
              {"seq": "3", "checkpoint": {"fence": {"eventId": "{leased}", "delivery": 1}, "note": "x"}},
              {"seq": "4", "nack": {"fence": {"eventId": "{leased}", "delivery": 1}}},
              {"seq": "5", "ack": {"fence": {"eventId": "{leased}", "delivery": 1}}},
              {"seq": "6", "bye": {}}]"#,
        ],
    ),
    (
        "IngressService/Submit",
        &[
            r#"[{"items": [{"tag": "{tag}", "eventType": "{type}", "namespace": "{namespace}",
               "dedupKey": "{dedup}", "delayMs": "86400000"}]}]"#,
        ],
    ),
    (
        "IngressService/SubmitStream",
        &[
            r#"[{"seq": "1", "items": [{"tag": "{tag}", "eventType": "{type}", "namespace": "{namespace}",
               "dedupKey": "{dedup}", "delayMs": "86400000"}]}]"#,
        ],
    ),
    (
        "CronService/CreateCron",
        &[
            r#"[{"terms": {"label": "{label}", "schedule": "0 9 1 1 *", "tag": "{tag}"},
               "instruction": {"prompt": "x"}}]"#,
        ],
    ),
    (
        "SourceService/CreateSource",
        &[r#"[{"slug": "{slug}", "mode": "SOURCE_MODE_ENABLED",
               "definition": {"verification": {"preset": "none"}}}]"#],
    ),
    (
        "TokenService/CreateToken",
        &[
            r#"[{"team": "{team}", "roles": ["ROLE_OBSERVE"]}]"#,
            r#"[{"team": "{team_id}", "roles": ["ROLE_ADMIN"]}]"#,
            r#"[{"roles": ["ROLE_OBSERVE"], "tags": ["{tag}"]}]"#,
        ],
    ),
    (
        "QueueService/SetQueue",
        &[r#"[{"tag": "{tag}", "settings": {"attempts": 3}}]"#],
    ),
    ("QueueService/PauseQueue", &[r#"[{"tag": "{tag}"}]"#]),
    ("QueueService/ResumeQueue", &[r#"[{"tag": "{tag}"}]"#]),
    ("QueueService/DrainQueue", &[r#"[{"tag": "{tag}"}]"#]),
];

/// Asks each method at this node for the victim's things, and for nobody's.
pub(crate) async fn try_all(api: &Api, names: &Names) {
    assert_all_tried(
        "method",
        api.methods(),
        CASES.iter().map(|it| it.0).collect(),
    );
    // One that asks for an approval.
    let hello =
        serde_json::json!({"seq": "0", "hello": {"key": "own", "nonce": "7", "tag": "mine"}});
    let mut own = api.open("SessionService/Attach", &hello).await;
    own.next().await;
    for (method, cases) in &CASES {
        for case in *cases {
            let theirs = asked(api, method, names, &names.fill(case, Whose::Theirs)).await;
            if method.starts_with("ClusterService/") && !method.ends_with("/GetStatus") {
                assert!(theirs.contains("PermissionDenied"), "{method}: {theirs}");
            }
            let nobodys = match names.is_asked_by(case) {
                true => asked(api, method, names, &names.fill(case, Whose::Nobodys)).await,
                false => theirs.clone(),
            };
            judge(method, case, names, &theirs, &nobodys);
        }
    }
}

async fn asked(api: &Api, method: &str, names: &Names, case: &str) -> String {
    let messages: Vec<Value> = serde_json::from_str(case).expect(case);
    let said = api.ask(method, &messages).await;
    let said = said.into_iter().map(|it| lasting(names, it).to_string());
    said.collect::<Vec<_>>().join("\n")
}
