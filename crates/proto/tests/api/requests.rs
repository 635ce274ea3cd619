//! Requests that break a rule are told which field, and the rule.

use std::collections::BTreeMap;

use ackord_core::id::{EventId, NodeId};
use ackord_core::limits::{BODY_BYTES_MAX, META_FIELDS_MAX};
use ackord_proto::from_wire;
use ackord_proto::v1::{
    CreateTokenRequest, Fence, Hello, Nack, RequestApprovalRequest, Role, StartJobRequest,
    SubmitItem,
};

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

#[test]
fn a_request_for_an_approval_is_told_the_field_that_breaks_a_rule() {
    let whole = RequestApprovalRequest {
        session_key: "agent-7".to_owned(),
        request_id: "abcde".to_owned(),
        tool: "Bash".to_owned(),
        description: "deploys v17".to_owned(),
        ..RequestApprovalRequest::default()
    };
    let asked = from_wire::request_approval(whole.clone()).expect("it keeps all rules");
    assert_eq!(
        (asked.timeout.0, asked.fence, asked.to),
        (300_000, None, None)
    );
    type Spoil = fn(&mut RequestApprovalRequest);
    let spoilt: [(Spoil, &str); 6] = [
        (|it| it.session_key.clear(), "session_key is required"),
        (|it| it.request_id.clear(), "request_id is required"),
        (|it| it.tool = "two words".to_owned(), "tool must be"),
        (
            |it| it.description = "two\nlines".to_owned(),
            "description must be",
        ),
        (
            |it| it.input_preview = "x".repeat(4097),
            "input_preview must be",
        ),
        (
            |it| it.fence = Some(Fence::default()),
            "fence.event_id is required",
        ),
    ];
    for (spoil, why) in spoilt {
        let mut wire = whole.clone();
        spoil(&mut wire);
        let error = from_wire::request_approval(wire).expect_err("it breaks a rule");
        assert!(error.to_string().starts_with(why), "{error}");
    }
}
