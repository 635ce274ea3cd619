//! An approval, and how it was decided.

use ackord_core::id::{ApprovalId, SessionId, TeamId, TokenId};
use ackord_core::model::{Approval, Decision};
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Coded, Stored, constant, optional, required, text, text_or_none};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for Approval {
    type Form = stored::Approval;

    fn store(&self) -> stored::Approval {
        stored::Approval {
            id: self.id.0,
            team: self.team.0,
            session: self.session.0,
            key: owned(&self.key),
            nonce: self.nonce,
            tag: owned_or_empty(self.tag.as_ref()),
            token: self.token.0,
            request: owned(&self.request),
            fence: self.fence.as_ref().map(Stored::store),
            tool: owned(&self.tool),
            description: owned(&self.description),
            preview: owned_or_empty(self.preview.as_ref()),
            to: Some(self.to.store()),
            asked_ms: self.asked.0,
            deadline_ms: self.deadline.0,
            decision: self.decision.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::Approval) -> Result<Self, DecodeError> {
        Ok(Self {
            id: ApprovalId(form.id),
            team: TeamId(form.team),
            session: SessionId(form.session),
            key: text(form.key, "key")?,
            nonce: form.nonce,
            tag: text_or_none(form.tag, "tag")?,
            token: TokenId(form.token),
            request: text(form.request, "request")?,
            fence: optional(form.fence, "fence")?,
            tool: text(form.tool, "tool")?,
            description: text(form.description, "description")?,
            preview: text_or_none(form.preview, "preview")?,
            to: required(form.to, "to")?,
            asked: Timestamp(form.asked_ms),
            deadline: Timestamp(form.deadline_ms),
            decision: optional(form.decision, "decision")?,
        })
    }
}

impl Stored for Decision {
    type Form = stored::Decision;

    fn store(&self) -> stored::Decision {
        stored::Decision {
            verdict: self.verdict.code(),
            at_ms: self.at.0,
            by: self.by.map(|it| it.0),
            reason: owned_or_empty(self.reason.as_ref()),
        }
    }

    fn load(form: stored::Decision) -> Result<Self, DecodeError> {
        Ok(Self {
            verdict: constant(form.verdict, "verdict")?,
            at: Timestamp(form.at_ms),
            by: form.by.map(TokenId),
            reason: text_or_none(form.reason, "reason")?,
        })
    }
}
