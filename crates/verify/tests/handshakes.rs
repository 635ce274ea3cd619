//! Requests by which providers try the URL, and what is peculiar to one.

mod common;

use ackord_proto::v1;
use ackord_verify::{Answer, Headers, Judged, Refused, Request, Source};
use common::open::{NOW_MS, condition, pointer};
use common::{by_preset, definition, received};

fn handshaking(preset: &str, handshakes: Vec<v1::Handshake>) -> v1::SourceDefinition {
    definition(v1::Verification {
        handshakes,
        ..by_preset(preset)
    })
}

#[test]
fn a_handshake_that_is_not_signed_is_answered_while_pairing_alone() {
    let rules = handshaking(
        "hmac-sha256",
        vec![v1::Handshake {
            when: vec![condition(
                pointer("challenge"),
                v1::condition::Test::Exists(true),
                false,
            )],
            echo: Some(pointer("challenge")),
            member: "challenge".to_owned(),
            signed: false,
        }],
    );
    let source = Source::compile(&rules, &[common::secret("a-secret-of-theirs")]);
    let source = source.expect("it compiles");
    let judge = |body: &str, is_pairing| {
        let headers = Headers::default();
        let request = Request {
            method: "POST",
            query: None,
            headers: &headers,
            body: body.as_bytes(),
            now_ms: NOW_MS,
        };
        source.judge(&request, is_pairing)
    };
    let body = r#"{"challenge":"a\"}{\u0000"}"#;
    let answer = Answer {
        content_type: "application/json",
        body: r#"{"challenge":"a\"}{\u0000"}"#.to_owned(),
    };
    assert_eq!(judge(body, true), Ok(Judged::Handshake(answer)));
    assert_eq!(judge(body, false), Err(Refused::MissingSignature));
    for other in ["{}", "x", r#"{"challenge":{}}"#] {
        assert_eq!(
            judge(other, true),
            Err(Refused::MissingSignature),
            "{other}"
        );
    }
    let long = format!(r#"{{"challenge":"{}"}}"#, "c".repeat(1025));
    assert_eq!(judge(&long, true), Err(Refused::MissingSignature));
}

#[test]
fn slack_is_answered_its_challenge_while_pairing_alone() {
    let preset = ackord_verify::preset("slack").expect("it is there");
    let source = common::source("slack", "a-secret-of-slack").expect("it compiles");
    let body = br#"{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV"}"#;
    let sign = |secret| common::provider::sign(preset, 0, secret, body, NOW_MS);
    let signed = sign("a-secret-of-slack").expect("it signs");
    let headers = signed.headers();
    let request = signed.request(&headers, NOW_MS);
    let answer = Answer {
        content_type: "text/plain; charset=utf-8",
        body: "3eZbrw1aBm2rZgRNFdxV".to_owned(),
    };
    assert_eq!(source.judge(&request, true), Ok(Judged::Handshake(answer)));
    assert_eq!(source.judge(&request, false), Err(Refused::NotPaired));
    let forged = sign("another-secret").expect("it signs");
    let headers = forged.headers();
    for is_pairing in [true, false] {
        let judged = source.judge(&forged.request(&headers, NOW_MS), is_pairing);
        assert_eq!(judged, Err(Refused::BadSignature));
    }
}

#[test]
fn woocommerce_may_ping_while_pairing_and_deliveries_go_on() {
    let preset = ackord_verify::preset("woocommerce").expect("it is there");
    let secret = "a-secret-of-a-shop";
    let source = common::source("woocommerce", secret).expect("it compiles");
    let agent = (
        "user-agent",
        &b"WooCommerce/9.4.2 Hookshot (WordPress/6.7)"[..],
    );
    let form = ("content-type", &b"application/x-www-form-urlencoded"[..]);
    let headers: Headers<'_> = [agent, form].into_iter().collect();
    let request = Request {
        method: "POST",
        query: None,
        headers: &headers,
        body: b"webhook_id=7",
        now_ms: NOW_MS,
    };
    let ping = source.judge(&request, true);
    assert!(matches!(ping, Ok(Judged::Handshake(it)) if it.body.is_empty()));
    assert_eq!(
        source.judge(&request, false),
        Err(Refused::MissingSignature)
    );

    let signed = common::provider::sign(preset, 0, secret, b"{}", NOW_MS).expect("it signs");
    let topic = ("x-wc-webhook-topic", &b"order.created"[..]);
    let delivery = ("x-wc-webhook-delivery-id", &b"1"[..]);
    let headers = signed
        .headers
        .iter()
        .map(|it| (it.0.as_str(), it.1.as_bytes()));
    let headers: Headers<'_> = headers.chain([agent, topic, delivery]).collect();
    for is_pairing in [true, false] {
        received(source.judge(&signed.request(&headers, NOW_MS), is_pairing));
    }
}

#[test]
fn a_telegram_update_is_called_by_what_it_brings() {
    let source = common::source("telegram", "telegram-secret").expect("it compiles");
    let judge = |body: &str| {
        let headers = [("x-telegram-bot-api-secret-token", &b"telegram-secret"[..])];
        let headers: Headers<'_> = headers.into_iter().collect();
        let request = Request {
            method: "POST",
            query: None,
            headers: &headers,
            body: body.as_bytes(),
            now_ms: NOW_MS,
        };
        source.judge(&request, false)
    };
    let update = received(judge(r#"{"update_id":1,"poll_answer":{"id":{}}}"#));
    assert_eq!(update.event_type.as_str(), "poll_answer");
    for body in [r#"{"update_id":1}"#, r#"{"update_id":1,"a":1,"b":2}"#] {
        assert_eq!(judge(body), Err(Refused::MissingEventType), "{body}");
    }
}
