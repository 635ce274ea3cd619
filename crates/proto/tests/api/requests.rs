//! Requests that break a rule are told which field, and the rule.

use std::collections::BTreeMap;

use ackord_core::id::{EventId, NodeId};
use ackord_core::limits::{BODY_BYTES_MAX, META_FIELDS_MAX};
use ackord_proto::from_wire;
use ackord_proto::v1::{CreateTokenRequest, Fence, Hello, Nack, Role, StartJobRequest, SubmitItem};

fn item() -> SubmitItem {
    SubmitItem {
        event_type: "push".to_owned(),
        ..SubmitItem::default()
    }
}

#[track_caller]
fn refuses(item: SubmitItem, why: &str) {
    let error = from_wire::submit(item, EventId(1)).expect_err("the item breaks a rule");
    assert_eq!(error.to_string(), why);
}

#[test]
fn a_submit_is_told_the_field_that_breaks_a_rule() {
    refuses(SubmitItem::default(), "event_type is required");
    refuses(
        SubmitItem {
            tag: "two words".to_owned(),
            ..item()
        },
        "tag must be 1 to 128 of A-Z a-z 0-9 - _ . : / @",
    );
    refuses(SubmitItem { class: 9, ..item() }, "class has no constant 9");
    refuses(
        SubmitItem {
            dedup_key: "k".repeat(513),
            ..item()
        },
        "dedup_key must be at most 512 bytes",
    );
    refuses(
        SubmitItem {
            namespace: "n".repeat(129),
            ..item()
        },
        "namespace must be at most 128 bytes",
    );
    refuses(
        SubmitItem {
            meta: [("sender".to_owned(), "line\nfeed".to_owned())].into(),
            ..item()
        },
        "meta.value must be 1 to 1,024 bytes without control characters",
    );
}

#[test]
fn a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not() {
    let of = |bytes: usize| SubmitItem {
        body: vec![0; bytes].into(),
        ..item()
    };
    from_wire::submit(of(BODY_BYTES_MAX), EventId(1)).expect("the limit itself is allowed");
    refuses(of(BODY_BYTES_MAX + 1), "body must be at most 1048576 bytes");
}

#[test]
fn more_meta_fields_than_the_limit_are_refused() {
    let meta: BTreeMap<_, _> = (0..=META_FIELDS_MAX)
        .map(|it| (it.to_string(), "x".to_owned()))
        .collect();
    refuses(
        SubmitItem { meta, ..item() },
        "meta must be at most 32 fields",
    );
}

#[test]
fn a_nack_cannot_reject_and_delay() {
    let fence = Some(Fence {
        event_id: EventId(1).to_string(),
        delivery: 1,
    });
    let nack = Nack {
        fence,
        reject: true,
        delay_ms: Some(0),
        ..Nack::default()
    };
    let error = from_wire::nack(nack).expect_err("the two exclude each other");
    assert_eq!(error.to_string(), "delay_ms must be left out with reject");
}

#[test]
fn an_answer_needs_a_fence() {
    let error = from_wire::nack(Nack::default()).expect_err("of which delivery?");
    assert_eq!(error.to_string(), "fence is required");
}

#[test]
fn a_hello_needs_a_key() {
    let error = from_wire::attach(Hello::default(), NodeId(1)).expect_err("who is it?");
    assert_eq!(error.to_string(), "key is required");
}

#[test]
fn a_role_or_kind_must_be_stated() {
    let token = CreateTokenRequest {
        roles: vec![Role::Submit.into(), Role::Unspecified.into()],
        ..CreateTokenRequest::default()
    };
    let error = from_wire::create_token(token, [0; 32]).expect_err("which role?");
    assert_eq!(error.to_string(), "roles is required");
    let error = from_wire::start_job(StartJobRequest::default()).expect_err("which kind?");
    assert_eq!(error.to_string(), "kind is required");
}
