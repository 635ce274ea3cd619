//! Approvals.

use ackord_core::model::{Approval, Asked, Verdict};

use super::place::fence;
use crate::text::{owned, owned_or_empty};
use crate::v1;

/// An approval.
#[must_use]
pub fn approval(it: &Approval) -> v1::Approval {
    let (tag, token_id) = match &it.to {
        Asked::Queue(tag) => (owned_or_empty(tag.as_ref()), String::new()),
        Asked::Token(token) => (String::new(), token.to_string()),
    };
    let decision = it.decision.as_ref();
    let by = decision.and_then(|it| it.by);
    v1::Approval {
        id: it.id.to_string(),
        fence: it.fence.map(fence),
        session_key: owned(&it.key),
        asker_tag: owned_or_empty(it.tag.as_ref()),
        asker_token_id: it.token.to_string(),
        tool: owned(&it.tool),
        description: owned(&it.description),
        input_preview: owned_or_empty(it.preview.as_ref()),
        tag,
        token_id,
        asked_at_ms: it.asked.0,
        deadline_ms: it.deadline.0,
        state: approval_state(decision.map(|it| it.verdict)).into(),
        decided_at_ms: decision.map_or(0, |it| it.at.0),
        answered_by: by.map_or_else(String::new, |it| it.to_string()),
        reason: owned_or_empty(decision.and_then(|it| it.reason.as_ref())),
    }
}

/// How an approval was decided; none: it is open.
#[must_use]
pub const fn approval_state(verdict: Option<Verdict>) -> v1::ApprovalState {
    match verdict {
        None => v1::ApprovalState::Open,
        Some(Verdict::Allowed) => v1::ApprovalState::Allowed,
        Some(Verdict::Denied) => v1::ApprovalState::Denied,
        Some(Verdict::TimedOut) => v1::ApprovalState::TimedOut,
        Some(Verdict::Withdrawn) => v1::ApprovalState::Withdrawn,
    }
}
