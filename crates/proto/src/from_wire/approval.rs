//! "May I?", and what somebody says to it.

use ackord_core::command::{AnswerApproval, Process, RequestApproval};
use ackord_core::model::{Asked, Verdict};
use ackord_core::time::Millis;

use super::answer::fence;
use super::field::{id, text, text_or_none};
use super::{FieldError, FieldFault};
use crate::v1;
use crate::v1::request_approval_request::To;

/// How long an approval is open, unless the asker says otherwise.
const TIMEOUT_MS: u64 = 300_000;

/// "May I?"
///
/// # Errors
/// A field breaks a rule.
pub fn request_approval(wire: v1::RequestApprovalRequest) -> Result<RequestApproval, FieldError> {
    let to = match wire.to {
        None => None,
        Some(To::Tag(tag)) => Some(Asked::Queue(Some(text(tag, "tag")?))),
        Some(To::TokenId(token)) => Some(Asked::Token(id(&token, "token_id")?)),
    };
    Ok(RequestApproval {
        from: Process {
            key: text(wire.session_key, "session_key")?,
            nonce: wire.nonce,
        },
        fence: wire.fence.map(|it| fence(Some(it))).transpose()?,
        request: text(wire.request_id, "request_id")?,
        tool: text(wire.tool, "tool")?,
        description: text(wire.description, "description")?,
        preview: text_or_none(wire.input_preview, "input_preview")?,
        to,
        timeout: Millis(match wire.timeout_ms {
            0 => TIMEOUT_MS,
            it => it,
        }),
    })
}

/// "You may", or "you may not".
///
/// # Errors
/// A field breaks a rule.
pub fn answer_approval(wire: v1::AnswerApprovalRequest) -> Result<AnswerApproval, FieldError> {
    Ok(AnswerApproval {
        approval: id(&wire.approval_id, "approval_id")?,
        allow: wire.allow,
        reason: text_or_none(wire.reason, "reason")?,
    })
}

/// Of which state approvals are asked for. None: of any; inner none: open.
///
/// # Errors
/// There is no such state.
pub fn approval_filter(state: i32) -> Result<Option<Option<Verdict>>, FieldError> {
    use v1::ApprovalState as State;
    let known = State::try_from(state);
    let known = known.map_err(|_| FieldError::new("state", FieldFault::Constant(state)))?;
    Ok(match known {
        State::Unspecified => None,
        State::Open => Some(None),
        State::Allowed => Some(Some(Verdict::Allowed)),
        State::Denied => Some(Some(Verdict::Denied)),
        State::TimedOut => Some(Some(Verdict::TimedOut)),
        State::Withdrawn => Some(Some(Verdict::Withdrawn)),
    })
}
