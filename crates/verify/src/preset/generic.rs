//! For those who have no preset of their own.

use super::Place::{Header, Pointer};
use super::{EventType, Form, Missing, Place, Preset, Scheme, WEEK};

const EVENT_TYPE: EventType = EventType::of(&[
    Header("x-event-type"),
    Header("x-webhook-event"),
    Pointer("/type"),
])
.or_webhook();
const DEDUP: &[Place] = &[Header("idempotency-key"), Header("x-webhook-id")];
const HEADERS: &[&str] = &[
    "idempotency-key",
    "x-event-type",
    "x-webhook-event",
    "x-webhook-id",
];
const PAGE: &str = "";

/// Where nothing of a request is signed, a window for the same body would keep nobody out.
const fn row(name: &'static str, provider: &'static str, scheme: Scheme) -> Preset {
    Preset {
        event_type: EVENT_TYPE,
        dedup: DEDUP,
        missing: Missing::BodyHash,
        body_window_h: WEEK,
        headers: HEADERS,
        ..Preset::new(name, provider, PAGE, scheme)
    }
}

pub(super) const ROWS: &[Preset] = &[
    row(
        "claude",
        "whoever signs with `X-Claude-Signature`",
        Scheme::hex(&[Form::bare("x-claude-signature")]),
    ),
    row(
        "hmac-sha256",
        "whoever signs the way GitHub does, by one of four names",
        Scheme::hex(&[
            Form::labelled("x-hub-signature-256", "sha256"),
            Form::labelled("x-signature-256", "sha256"),
            Form::labelled("x-webhook-signature", "sha256"),
            Form::labelled("x-signature", "sha256"),
        ]),
    ),
    Preset {
        secret: "the token",
        body_window_h: 0,
        ..row(
            "token",
            "whoever sends `Authorization: Bearer TOKEN`",
            Scheme::Token {
                header: "authorization",
                prefix: "Bearer ",
            },
        )
    },
    Preset {
        secret: "`user:password`",
        body_window_h: 0,
        ..row(
            "basic",
            "whoever sends a user and a password (RFC 7617)",
            Scheme::Basic,
        )
    },
    Preset {
        secret: "",
        body_window_h: 0,
        ..row("none", "everybody who knows the URL", Scheme::None)
    },
];
