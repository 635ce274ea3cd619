//! Where things are sold and paid for.

use ackord_proto::v1::TimeUnit;

use super::Place::{Header, Pointer};
use super::{EventType, Form, Handshake, Preset, Scheme, Sign, Time, WEEK};

pub(super) const ROWS: &[Preset] = &[
    Preset {
        secret: "the endpoint's signing secret, `whsec_…`, as it is",
        tolerance_s: 300,
        dedup: &[Pointer("/id")],
        ..Preset::new(
            "stripe",
            "Stripe",
            "https://docs.stripe.com/webhooks/signature",
            Scheme::hex(&[Form {
                separator: ",",
                time: Some((Time::Label("t"), TimeUnit::Seconds)),
                parts: &[Sign::Time, Sign::Literal("."), Sign::Body],
                ..Form::labelled("stripe-signature", "v1")
            }]),
        )
    },
    Preset {
        secret: "the app's client secret",
        event_type: EventType::of(&[Header("x-shopify-topic"), Header("shopify-topic")]),
        dedup: &[Header("x-shopify-webhook-id"), Header("shopify-webhook-id")],
        body_window_h: WEEK,
        body_window_by_type: true,
        sender: &[
            Header("x-shopify-shop-domain"),
            Header("shopify-shop-domain"),
        ],
        headers: &[
            "x-shopify-api-version",
            "x-shopify-event-id",
            "x-shopify-shop-domain",
            "x-shopify-topic",
            "x-shopify-triggered-at",
            "x-shopify-webhook-id",
        ],
        ..Preset::new(
            "shopify",
            "Shopify",
            "https://shopify.dev/docs/apps/build/webhooks/verify-deliveries",
            Scheme::base64(&[
                Form::bare("x-shopify-hmac-sha256"),
                Form::bare("shopify-hmac-sha256"),
            ]),
        )
    },
    Preset {
        secret: "the subscription's signature key",
        dedup: &[Pointer("/event_id")],
        ..Preset::new(
            "square",
            "Square",
            "https://developer.squareup.com/docs/webhooks/step3validate",
            Scheme::base64(&[Form {
                parts: &[Sign::Url, Sign::Body],
                ..Form::bare("x-square-hmacsha256-signature")
            }]),
        )
    },
    Preset {
        secret: "the secret key of the notification destination",
        tolerance_s: 300,
        event_type: EventType::of(&[Pointer("/event_type")]),
        dedup: &[Pointer("/event_id")],
        ..Preset::new(
            "paddle",
            "Paddle Billing",
            "https://developer.paddle.com/webhooks/signature-verification",
            Scheme::hex(&[Form {
                separator: ";",
                time: Some((Time::Label("ts"), TimeUnit::Seconds)),
                parts: &[Sign::Time, Sign::Literal(":"), Sign::Body],
                ..Form::labelled("paddle-signature", "h1")
            }]),
        )
    },
    Preset {
        event_type: EventType::of(&[Header("x-wc-webhook-topic")]),
        dedup: &[Header("x-wc-webhook-delivery-id")],
        body_window_h: WEEK,
        body_window_by_type: true,
        headers: &[
            "x-wc-webhook-delivery-id",
            "x-wc-webhook-id",
            "x-wc-webhook-source",
            "x-wc-webhook-topic",
        ],
        // Sent once when the webhook is made, with a form of one field, and without a signature.
        handshakes: &[Handshake {
            place: Header("user-agent"),
            is: "WooCommerce/",
            echo: None,
            signed: false,
        }],
        ..Preset::new(
            "woocommerce",
            "WooCommerce",
            "https://woocommerce.com/document/webhooks/",
            Scheme::base64(&[Form::bare("x-wc-webhook-signature")]),
        )
    },
];
