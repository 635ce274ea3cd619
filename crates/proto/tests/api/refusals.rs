//! Refusals: each has a reason, words, and a gRPC code that the API's own text states.

use ackord_core::answer::Rejection;
use ackord_core::command::Fence;
use ackord_core::id::EventId;
use ackord_core::time::Millis;
use ackord_proto::v1::RefusalReason;
use ackord_proto::{from_wire, refusal, to_wire, v1};
use tonic::Code;

use crate::style::comments_of_constants;

fn reasons() -> impl Iterator<Item = (RefusalReason, String)> {
    let comments = comments_of_constants("RefusalReason");
    let known = comments.into_iter().filter(|(number, _)| *number != 0);
    known.map(|(number, comment)| {
        (
            RefusalReason::try_from(number).expect("it was generated from the same file"),
            comment,
        )
    })
}

/// `Code::NotFound` as `NOT_FOUND`.
fn written(code: Code) -> String {
    let mut text = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

#[test]
fn the_code_of_a_reason_is_the_one_that_the_api_states() {
    for (reason, comment) in reasons() {
        let stated = format!("gRPC {}.", written(to_wire::code(reason)));
        assert!(
            comment.trim().ends_with(&stated),
            "{reason:?}: {comment:?} lacks {stated:?}"
        );
    }
}

#[test]
fn every_refusal_says_what_to_do() {
    for (reason, _) in reasons() {
        assert!(
            !to_wire::refuse(reason, "no").what_to_do.is_empty(),
            "{reason:?}"
        );
    }
}

#[test]
fn a_status_carries_its_refusal() {
    let sent = to_wire::refuse(RefusalReason::Draining, "the queue is draining");
    let status = to_wire::status(&sent);
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(status.message(), "the queue is draining");
    assert_eq!(refusal::from_details(status.details()), Some(sent));
}

#[test]
fn a_refusal_tells_what_the_machine_knows() {
    let latest = Fence {
        event: EventId(5),
        delivery: 9,
    };
    let superseded = to_wire::refusal(&Rejection::Superseded(latest));
    assert_eq!(superseded.reason(), RefusalReason::Superseded);
    assert_eq!(superseded.latest, Some(to_wire::fence(latest)));

    let revision = to_wire::refusal(&Rejection::Revision { present: 4 });
    assert_eq!(
        (revision.reason(), revision.revision),
        (RefusalReason::Revision, 4)
    );

    let overloaded = to_wire::refusal(&Rejection::Overloaded(Millis(1200)));
    assert_eq!(
        (overloaded.reason(), overloaded.retry_after_ms),
        (RefusalReason::Overloaded, 1200)
    );

    let invalid = to_wire::refusal(&Rejection::Invalid("attempts: 1 to 100"));
    assert_eq!(
        (invalid.reason(), invalid.field.as_str()),
        (RefusalReason::Invalid, "attempts")
    );
}

#[test]
fn a_field_is_named_as_the_api_names_it() {
    let named = |rule| to_wire::refusal(&Rejection::Invalid(rule)).field;
    assert_eq!(named("lease: 1 second to 7 days"), "lease_ms");
    assert_eq!(
        named("not_before, expires_at: at most 366 days ahead"),
        "not_before, expires"
    );
    assert_eq!(named("a rule of no field"), "");
}

#[test]
fn a_field_that_breaks_a_rule_is_named() {
    let ack = v1::Ack {
        fence: Some(v1::Fence {
            event_id: "ses_1".to_owned(),
            delivery: 1,
        }),
        ..v1::Ack::default()
    };
    let error = from_wire::ack(ack, vec![])
        .expect_err("a session is no event")
        .within("items[2]");
    let refusal = to_wire::field_refusal(&error);
    assert_eq!(refusal.reason(), RefusalReason::Invalid);
    assert_eq!(refusal.field, "items[2].fence.event_id");
    assert_eq!(
        refusal.message,
        "items[2].fence.event_id must be an id of the form evt_…"
    );
}
