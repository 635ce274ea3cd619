//! Standard Webhooks, and those who keep to it.

use ackord_proto::v1::TimeUnit;

use super::Place::{Header, Pointer};
use super::{EventType, Form, Place, Preset, Scheme, Sign, Time};

const fn form(header: &'static str, time: &'static str, parts: &'static [Sign]) -> Form {
    Form {
        header,
        separator: " ",
        label_separator: ",",
        label: "v1",
        time: Some((Time::Header(time), TimeUnit::Seconds)),
        parts,
    }
}

const PARTS: &[Sign] = &[
    Sign::Header("webhook-id"),
    Sign::Literal("."),
    Sign::Time,
    Sign::Literal("."),
    Sign::Body,
];
const SVIX_PARTS: &[Sign] = &[
    Sign::Header("svix-id"),
    Sign::Literal("."),
    Sign::Time,
    Sign::Literal("."),
    Sign::Body,
];
pub(super) const STANDARD: Form = form("webhook-signature", "webhook-timestamp", PARTS);
const SVIX: Form = form("svix-signature", "svix-timestamp", SVIX_PARTS);
/// The name that a signature has in some of Anthropic's texts.
const X_WEBHOOK: Form = form("x-webhook-signature", "webhook-timestamp", PARTS);

const SECRET: &str = "the signing secret, `whsec_…`";
const ID: &[Place] = &[Header("webhook-id")];

pub(super) const ROWS: &[Preset] = &[
    Preset {
        secret: SECRET,
        tolerance_s: 300,
        event_type: EventType::of(&[Pointer("/type")]).or_webhook(),
        dedup: ID,
        headers: &["webhook-id", "webhook-timestamp"],
        ..Preset::new(
            "standard-webhooks",
            "Standard Webhooks",
            "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
            Scheme::standard(&[STANDARD]),
        )
    },
    Preset {
        secret: SECRET,
        tolerance_s: 300,
        event_type: EventType::of(&[Pointer("/type")]).or_webhook(),
        dedup: &[Header("svix-id"), Header("webhook-id")],
        headers: &[
            "svix-id",
            "svix-timestamp",
            "webhook-id",
            "webhook-timestamp",
        ],
        ..Preset::new(
            "svix",
            "Svix, and those who send through it, such as Clerk and Resend",
            "https://docs.svix.com/receiving/verifying-payloads/how-manual",
            Scheme::standard(&[SVIX, STANDARD]),
        )
    },
    Preset {
        secret: SECRET,
        tolerance_s: 300,
        event_type: EventType::of(&[Pointer("/data/type"), Pointer("/type")]),
        dedup: &[Pointer("/id"), Header("webhook-id")],
        headers: &["webhook-id", "webhook-timestamp"],
        ..Preset::new(
            "anthropic",
            "Anthropic (Claude Managed Agents)",
            "https://platform.claude.com/docs/en/managed-agents/webhooks",
            Scheme::standard(&[STANDARD, X_WEBHOOK]),
        )
    },
    Preset {
        secret: SECRET,
        tolerance_s: 300,
        dedup: ID,
        headers: &["webhook-id", "webhook-timestamp"],
        ..Preset::new(
            "openai",
            "OpenAI",
            "https://platform.openai.com/docs/guides/webhooks",
            Scheme::standard(&[STANDARD]),
        )
    },
];
