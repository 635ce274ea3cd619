//! "May I?", and what somebody says to it.

use ackord_core::command::{AnswerApproval, Process, RequestApproval};
use ackord_core::id::ApprovalId;
use ackord_core::time::Millis;

use crate::decode_error::DecodeError;
use crate::form::{Stored, optional, text, text_or_none};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for RequestApproval {
    type Form = stored::RequestApproval;

    fn store(&self) -> stored::RequestApproval {
        stored::RequestApproval {
            session: owned(&self.from.key),
            nonce: self.from.nonce,
            fence: self.fence.as_ref().map(Stored::store),
            request: owned(&self.request),
            tool: owned(&self.tool),
            description: owned(&self.description),
            preview: owned_or_empty(self.preview.as_ref()),
            to: self.to.as_ref().map(Stored::store),
            timeout_ms: self.timeout.0,
        }
    }

    fn load(form: stored::RequestApproval) -> Result<Self, DecodeError> {
        Ok(Self {
            from: Process {
                key: text(form.session, "session")?,
                nonce: form.nonce,
            },
            fence: optional(form.fence, "fence")?,
            request: text(form.request, "request")?,
            tool: text(form.tool, "tool")?,
            description: text(form.description, "description")?,
            preview: text_or_none(form.preview, "preview")?,
            to: optional(form.to, "to")?,
            timeout: Millis(form.timeout_ms),
        })
    }
}

impl Stored for AnswerApproval {
    type Form = stored::AnswerApproval;

    fn store(&self) -> stored::AnswerApproval {
        stored::AnswerApproval {
            approval: self.approval.0,
            allow: self.allow,
            reason: owned_or_empty(self.reason.as_ref()),
        }
    }

    fn load(form: stored::AnswerApproval) -> Result<Self, DecodeError> {
        Ok(Self {
            approval: ApprovalId(form.approval),
            allow: form.allow,
            reason: text_or_none(form.reason, "reason")?,
        })
    }
}
