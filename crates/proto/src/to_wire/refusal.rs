//! Refusals: one table of what each reason is to gRPC, to people, and to whoever tries again.

use ackord_core::answer::Rejection;
use tonic::{Code, Status};

use super::place::fence;
use crate::field_error::{FieldError, FieldFault};
use crate::refusal::to_details;
use crate::v1::{Refusal, RefusalReason as Reason};

/// What goes with a reason, whatever the case.
struct Facts {
    code: Code,
    what_to_do: &'static str,
    retry_after_ms: u64,
}

const fn facts(reason: Reason) -> Facts {
    let (code, what_to_do, retry_after_ms) = match reason {
        Reason::Unspecified => (Code::Unknown, "", 0),
        Reason::Unauthenticated => (
            Code::Unauthenticated,
            "send the metadata `authorization: Bearer SECRET` with the secret of a live token",
            0,
        ),
        Reason::NotAllowed => (
            Code::PermissionDenied,
            "use a token that has the role and the tag, and has not ended",
            0,
        ),
        Reason::NotFound => (
            Code::NotFound,
            "check the name or id, and the token's team",
            0,
        ),
        Reason::Exists => (
            Code::AlreadyExists,
            "use what exists, or take another name",
            0,
        ),
        Reason::Invalid => (Code::InvalidArgument, "mend the field and send it again", 0),
        Reason::TooLarge => (
            Code::InvalidArgument,
            "send less, or store the content elsewhere and send a pointer to it",
            0,
        ),
        Reason::Limit => (
            Code::ResourceExhausted,
            "remove what is not needed any more",
            0,
        ),
        Reason::Revision => (
            Code::Aborted,
            "read it again and make the change from its present revision",
            0,
        ),
        Reason::Draining => (
            Code::FailedPrecondition,
            "resume the queue, or submit to another one",
            0,
        ),
        Reason::UnknownDelivery => (
            Code::NotFound,
            "name the delivery as it was given to the session",
            0,
        ),
        Reason::Superseded => (
            Code::FailedPrecondition,
            "stop: the event was delivered again to whoever has it now",
            0,
        ),
        Reason::Gone => (
            Code::FailedPrecondition,
            "stop: nobody waits for this work",
            0,
        ),
        Reason::AlreadyAcked => (Code::FailedPrecondition, "stop: the work is done", 0),
        Reason::NotLeased => (
            Code::FailedPrecondition,
            "stop, or acknowledge if the work is done: an ack of the latest delivery counts",
            0,
        ),
        Reason::LeaseCap => (
            Code::FailedPrecondition,
            "finish before the lease ends, or raise the queue's cap",
            0,
        ),
        Reason::WrongState => (
            Code::FailedPrecondition,
            "look at the event's state: `ackord why EVENT`",
            0,
        ),
        Reason::KeyBusy => (
            Code::FailedPrecondition,
            "answer the event that the session holds, or attach under another key",
            0,
        ),
        Reason::TakenOver => (
            Code::FailedPrecondition,
            "stop this process; to take the session back, start a new one, which draws another nonce",
            0,
        ),
        Reason::Overloaded => (
            Code::ResourceExhausted,
            "send it again later, and less at once",
            250,
        ),
        Reason::NoLeader => (Code::Unavailable, "send it again, or ask another node", 250),
        Reason::ShuttingDown => (Code::Unavailable, "ask another node", 250),
        Reason::UnknownOutcome => (
            Code::Unknown,
            "send it again with the same key: it may have been carried out",
            0,
        ),
        Reason::Protocol => (
            Code::InvalidArgument,
            "follow the order of messages that the API states",
            0,
        ),
        Reason::NodeGone => (
            Code::FailedPrecondition,
            "start it with an empty data directory: it joins under a new number",
            0,
        ),
        Reason::ChangeRuns => (
            Code::Aborted,
            "wait until it is done, then ask again: `ackord cluster status` shows it",
            500,
        ),
        Reason::BelowQuorum => (
            Code::FailedPrecondition,
            "bring the voters back that do not answer, or replace them one by one",
            0,
        ),
        Reason::NotCaughtUp => (
            Code::FailedPrecondition,
            "wait until it has caught up: `ackord cluster status` shows its lag",
            500,
        ),
        Reason::NotHealthy => (
            Code::FailedPrecondition,
            "bring the node back first: `ackord cluster status` names who does not answer",
            0,
        ),
        Reason::Leads => (
            Code::FailedPrecondition,
            "let another node lead first: `ackord cluster transfer-leader`",
            0,
        ),
        Reason::TooOld => (
            Code::FailedPrecondition,
            "start those nodes with a program that knows it, then ask again",
            0,
        ),
        Reason::Disabled => (
            Code::FailedPrecondition,
            "enable the source: `ackord source enable SLUG`",
            0,
        ),
        Reason::NoSeal => (
            Code::FailedPrecondition,
            "give each node the sealing keys of the cluster: section [secrets] of its configuration",
            0,
        ),
        Reason::NoWebhooks => (
            Code::FailedPrecondition,
            "ask a node that takes webhooks: section [http] of its configuration",
            0,
        ),
        Reason::NotBegun => (
            Code::NotFound,
            "begin the effect first: `ackord effect list EVENT` shows those that were begun",
            0,
        ),
        Reason::OptedOut => (
            Code::FailedPrecondition,
            "send it to another tag, or submit an event",
            0,
        ),
        Reason::Nobody => (
            Code::FailedPrecondition,
            "name tags: a message to a tag waits there until a session attaches",
            0,
        ),
        Reason::Conflict => (
            Code::FailedPrecondition,
            "publish it under a key of its own, or leave it out: that event is in",
            0,
        ),
        Reason::NotMember => (
            Code::FailedPrecondition,
            "look at the members: `ackord cluster status`",
            0,
        ),
    };
    Facts {
        code,
        what_to_do,
        retry_after_ms,
    }
}

/// The gRPC code of a call that was refused for this reason.
#[must_use]
pub const fn code(reason: Reason) -> Code {
    facts(reason).code
}

/// A refusal that is made outside the machine.
#[must_use]
pub fn refuse(reason: Reason, message: impl Into<String>) -> Refusal {
    let Facts {
        code: _,
        what_to_do,
        retry_after_ms,
    } = facts(reason);
    Refusal {
        reason: reason.into(),
        message: message.into(),
        what_to_do: what_to_do.to_owned(),
        retry_after_ms,
        ..Refusal::default()
    }
}

/// A refusal because of a field.
#[must_use]
pub fn field_refusal(error: &FieldError) -> Refusal {
    let reason = match error.fault {
        FieldFault::TooLarge { .. } => Reason::TooLarge,
        FieldFault::Missing | FieldFault::Rule(_) | FieldFault::Id(_) | FieldFault::Constant(_) => {
            Reason::Invalid
        }
    };
    Refusal {
        field: error.field.clone(),
        ..refuse(reason, error.to_string())
    }
}

/// What the machine says no to.
#[must_use]
pub fn refusal(rejection: &Rejection) -> Refusal {
    let plain = refuse(reason(rejection), rejection.to_string());
    match rejection {
        Rejection::Invalid(rule) => Refusal {
            field: field_of(rule),
            ..plain
        },
        Rejection::Revision { present } => Refusal {
            revision: *present,
            ..plain
        },
        Rejection::Superseded(latest) => Refusal {
            latest: Some(fence(*latest)),
            ..plain
        },
        Rejection::Overloaded(after) => Refusal {
            retry_after_ms: after.0,
            ..plain
        },
        Rejection::Crowd => Refusal {
            what_to_do: "name the tags, up to 16 in one message".to_owned(),
            ..plain
        },
        Rejection::Part { part, index, why } => {
            let why = refusal(why);
            Refusal {
                field: within(&format!("{part}[{index}]"), &why.field),
                message: plain.message,
                ..why
            }
        }
        Rejection::NotAllowed
        | Rejection::NotFound
        | Rejection::Exists
        | Rejection::AlreadyBorn
        | Rejection::Limit(_)
        | Rejection::Draining
        | Rejection::UnknownDelivery
        | Rejection::Gone
        | Rejection::AlreadyAcked
        | Rejection::NotLeased
        | Rejection::LeaseCap
        | Rejection::WrongState
        | Rejection::KeyBusy
        | Rejection::TakenOver
        | Rejection::NodeRemoved
        | Rejection::OtherDisk
        | Rejection::OptedOut
        | Rejection::Nobody
        | Rejection::NotBegun
        | Rejection::Conflict(_)
        | Rejection::Asker
        | Rejection::Disabled
        | Rejection::OtherTick => plain,
    }
}

fn reason(rejection: &Rejection) -> Reason {
    match rejection {
        Rejection::OptedOut => Reason::OptedOut,
        Rejection::Nobody => Reason::Nobody,
        Rejection::NotBegun => Reason::NotBegun,
        Rejection::Conflict(_) => Reason::Conflict,
        Rejection::Part { why, .. } => reason(why),
        Rejection::NotAllowed | Rejection::Asker => Reason::NotAllowed,
        Rejection::NotFound => Reason::NotFound,
        Rejection::Exists | Rejection::AlreadyBorn => Reason::Exists,
        Rejection::Limit(_) | Rejection::Crowd => Reason::Limit,
        Rejection::Invalid(_) => Reason::Invalid,
        Rejection::Revision { .. } | Rejection::OtherTick => Reason::Revision,
        Rejection::Draining => Reason::Draining,
        Rejection::UnknownDelivery => Reason::UnknownDelivery,
        Rejection::Superseded(_) => Reason::Superseded,
        Rejection::Gone => Reason::Gone,
        Rejection::AlreadyAcked => Reason::AlreadyAcked,
        Rejection::NotLeased => Reason::NotLeased,
        Rejection::LeaseCap => Reason::LeaseCap,
        Rejection::WrongState => Reason::WrongState,
        Rejection::KeyBusy => Reason::KeyBusy,
        Rejection::TakenOver => Reason::TakenOver,
        Rejection::NodeRemoved | Rejection::OtherDisk => Reason::NodeGone,
        Rejection::Disabled => Reason::Disabled,
        Rejection::Overloaded(_) => Reason::Overloaded,
    }
}

/// The fields of a part, seen from the whole; the part itself if none of them is named.
fn within(part: &str, fields: &str) -> String {
    let fields = fields.split(", ").filter(|it| !it.is_empty());
    let fields: Vec<String> = fields.map(|it| format!("{part}.{it}")).collect();
    if fields.is_empty() {
        part.to_owned()
    } else {
        fields.join(", ")
    }
}

/// Core writes such a rule as `field: rule` or `field, field: rule`.
fn field_of(rule: &str) -> String {
    let fields = rule.split_once(": ").map_or("", |(fields, _)| fields);
    let names: Vec<&str> = fields.split(", ").map(name_of).collect();
    names.join(", ")
}

/// The API's name of what core calls so, seen from the message or choice that has it.
fn name_of(field: &str) -> &str {
    match field {
        "claim_limit" => "claim_limit_ms",
        "dead_kept" => "dead_kept_ms",
        "dedup_kept" => "dedup_kept_ms",
        "delay" => "delay_ms",
        "ends" => "ends_at_ms",
        "events_kept" => "events_kept_ms",
        // An event's end is a choice between an instant and a span, a token's is an instant.
        "expires_at" => "expires",
        "expires" => "expires_at_ms",
        "lease" => "lease_ms",
        "lease_cap" => "lease_cap_ms",
        "max_age" => "catch_up_max_age_ms",
        "token" => "token_id",
        "timeout" => "timeout_ms",
        "ttl" => "ttl_ms",
        other => other,
    }
}

/// The gRPC status that carries this refusal.
#[must_use]
pub fn status(refusal: &Refusal) -> Status {
    let code = code(refusal.reason());
    Status::with_details(
        code,
        refusal.message.clone(),
        to_details(code.into(), refusal),
    )
}
