//! Where people and their tools talk, plan and raise alarms.

use ackord_proto::v1::TimeUnit;

use super::Place::{Header, OnlyMember, Pointer};
use super::{EventType, Form, Handshake, Missing, Preset, Scheme, Sign, Time, WEEK};

/// Longer than a request is fresh, on both sides.
const HOUR: u64 = 1;

pub(super) const ROWS: &[Preset] = &[
    Preset {
        secret: "the signing secret",
        tolerance_s: 300,
        event_type: EventType::of(&[Pointer("/event/type"), Pointer("/type")]),
        dedup: &[Pointer("/event_id")],
        missing: Missing::BodyHash,
        sender: &[Pointer("/event/user")],
        headers: &["x-slack-retry-num", "x-slack-retry-reason"],
        handshakes: &[Handshake {
            place: Pointer("/type"),
            is: "url_verification",
            echo: Some(Pointer("/challenge")),
            signed: true,
        }],
        ..Preset::new(
            "slack",
            "Slack, its Events API",
            "https://docs.slack.dev/authentication/verifying-requests-from-slack",
            Scheme::hex(&[Form {
                time: Some((Time::Header("x-slack-request-timestamp"), TimeUnit::Seconds)),
                parts: &[
                    Sign::Literal("v0:"),
                    Sign::Time,
                    Sign::Literal(":"),
                    Sign::Body,
                ],
                ..Form::labelled("x-slack-signature", "v0")
            }]),
        )
    },
    Preset {
        secret: "the signing secret",
        tolerance_s: 60,
        body_time: Some(("/webhookTimestamp", TimeUnit::Milliseconds)),
        event_type: EventType::of(&[Pointer("/type")]).and("/action"),
        dedup: &[Header("linear-delivery")],
        body_window_h: HOUR,
        sender: &[Pointer("/actor/name")],
        headers: &["linear-delivery", "linear-event"],
        ..Preset::new(
            "linear",
            "Linear",
            "https://linear.app/developers/webhooks",
            Scheme::hex(&[Form::bare("linear-signature")]),
        )
    },
    Preset {
        secret: "the client secret",
        event_type: EventType::of(&[Header("sentry-hook-resource")]).and("/action"),
        dedup: &[Header("request-id")],
        body_window_h: WEEK,
        sender: &[Pointer("/actor/name")],
        headers: &[
            "request-id",
            "sentry-hook-resource",
            "sentry-hook-timestamp",
        ],
        ..Preset::new(
            "sentry",
            "Sentry",
            "https://docs.sentry.io/organization/integrations/integration-platform/webhooks/",
            Scheme::hex(&[Form::bare("sentry-hook-signature")]),
        )
    },
    Preset {
        event_type: EventType::of(&[Pointer("/event/event_type")]),
        dedup: &[Pointer("/event/id")],
        sender: &[Pointer("/event/agent/summary")],
        headers: &["x-webhook-subscription"],
        ..Preset::new(
            "pagerduty",
            "PagerDuty (v3)",
            "https://developer.pagerduty.com/docs/verifying-webhook-signatures",
            Scheme::hex(&[Form {
                separator: ",",
                ..Form::labelled("x-pagerduty-signature", "v1")
            }]),
        )
    },
    Preset {
        secret: "the signing secret",
        tolerance_s: 300,
        event_type: EventType::of(&[Pointer("/type")]).or_webhook(),
        dedup: &[Header("x-zendesk-webhook-invocation-id")],
        body_window_h: HOUR,
        headers: &[
            "x-zendesk-account-id",
            "x-zendesk-webhook-id",
            "x-zendesk-webhook-invocation-id",
        ],
        ..Preset::new(
            "zendesk",
            "Zendesk",
            "https://developer.zendesk.com/documentation/webhooks/verifying/",
            Scheme::base64(&[Form {
                time: Some((
                    Time::Header("x-zendesk-webhook-signature-timestamp"),
                    TimeUnit::Rfc3339,
                )),
                parts: &[Sign::Time, Sign::Body],
                ..Form::bare("x-zendesk-webhook-signature")
            }]),
        )
    },
    Preset {
        event_type: EventType::of(&[Pointer("/webhookEvent")]),
        dedup: &[Header("x-atlassian-webhook-identifier")],
        // Data Center sends none; its bodies have a time.
        missing: Missing::BodyHash,
        body_window_h: WEEK,
        sender: &[Pointer("/user/accountId"), Pointer("/user/name")],
        headers: &[
            "x-atlassian-webhook-identifier",
            "x-atlassian-webhook-retry",
        ],
        ..Preset::new(
            "jira",
            "Jira",
            "https://developer.atlassian.com/cloud/jira/platform/webhooks/",
            Scheme::hex(&[Form::labelled("x-hub-signature", "sha256")]),
        )
    },
    Preset {
        secret: "the client secret",
        event_type: EventType::of(&[Pointer("/topic")]),
        dedup: &[Pointer("/id")],
        missing: Missing::BodyHash,
        ..Preset::new(
            "intercom",
            "Intercom",
            "https://developers.intercom.com/docs/references/webhooks/webhook-models",
            Scheme::sha1(&[Form::labelled("x-hub-signature", "sha1")]),
        )
    },
    Preset {
        secret: "the secret token of `setWebhook`",
        event_type: EventType::of(&[OnlyMember("update_id")]),
        dedup: &[Pointer("/update_id")],
        sender: &[
            Pointer("/message/from/id"),
            Pointer("/edited_message/from/id"),
            Pointer("/callback_query/from/id"),
            Pointer("/inline_query/from/id"),
        ],
        ..Preset::new(
            "telegram",
            "Telegram's Bot API",
            "https://core.telegram.org/bots/api#setwebhook",
            Scheme::Token {
                header: "x-telegram-bot-api-secret-token",
                prefix: "",
            },
        )
    },
];
