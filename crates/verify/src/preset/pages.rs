//! Where people write and fill in.

use ackord_proto::v1::{HashAlgorithm, SignatureEncoding};

use super::Place::Pointer;
use super::{EventType, Form, Key, Preset, Scheme};

pub(super) const ROWS: &[Preset] = &[
    Preset {
        secret: "the verification token",
        dedup: &[Pointer("/id")],
        sender: &[Pointer("/authors/0/id")],
        ..Preset::new(
            "notion",
            "Notion",
            "https://developers.notion.com/reference/webhooks",
            Scheme::Hmac {
                algorithm: HashAlgorithm::Sha256,
                encoding: SignatureEncoding::HexAnyCase,
                key: Key::Text,
                forms: &[Form::labelled("x-notion-signature", "sha256")],
            },
        )
    },
    Preset {
        event_type: EventType::of(&[Pointer("/event_type")]),
        dedup: &[Pointer("/event_id")],
        ..Preset::new(
            "typeform",
            "Typeform",
            "https://www.typeform.com/developers/webhooks/secure-your-webhooks/",
            Scheme::base64(&[Form::labelled("typeform-signature", "sha256")]),
        )
    },
];
