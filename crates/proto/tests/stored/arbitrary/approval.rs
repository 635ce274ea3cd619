//! What sessions ask to be allowed.

use std::sync::Arc;

use ackord_core::command::{AnswerApproval, Op, Process, RequestApproval};
use ackord_core::history::StepKind;
use ackord_core::id::{ApprovalId, SessionId, TeamId, TokenId};
use ackord_core::model::{Approval, Asked, Decision, Verdict};
use ackord_core::rows::{Key, Row};
use ackord_core::text::{InputPreview, RequestId, ToolName};
use ackord_core::time::Millis;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::word::{fence, reason, session_key, tag, timestamp};

pub(super) fn op() -> impl Strategy<Value = Op> {
    let answer = (any::<(u64, bool)>(), option::of(reason()));
    prop_oneof![
        request().prop_map(|it| Op::RequestApproval(Box::new(it))),
        answer.prop_map(
            |((approval, allow), reason)| Op::AnswerApproval(AnswerApproval {
                approval: ApprovalId(approval),
                allow,
                reason,
            })
        ),
    ]
}

pub(super) fn row() -> impl Strategy<Value = (Key, Row)> {
    approval().prop_map(|it| (Key::Approval(it.team, it.id), Row::Approval(Arc::new(it))))
}

pub(super) fn step() -> impl Strategy<Value = StepKind> {
    let numbers = any::<(u64, u32, Option<u64>)>();
    (numbers, tool(), verdict(), option::of(reason())).prop_map(
        |((approval, delivery, by), tool, verdict, reason)| StepKind::Approval {
            approval: ApprovalId(approval),
            delivery,
            tool,
            verdict,
            by: by.map(TokenId),
            reason,
        },
    )
}

fn tool() -> impl Strategy<Value = ToolName> {
    "[!-~]{1,20}".prop_map(|it| ToolName::new(it).expect("valid"))
}

fn request_id() -> impl Strategy<Value = RequestId> {
    "[!-~]{1,20}".prop_map(|it| RequestId::new(it).expect("valid"))
}

fn preview() -> impl Strategy<Value = InputPreview> {
    "[ -~\\n\\t]{1,40}".prop_map(|it| InputPreview::new(it).expect("valid"))
}

fn verdict() -> impl Strategy<Value = Verdict> {
    select(vec![
        Verdict::Allowed,
        Verdict::Denied,
        Verdict::TimedOut,
        Verdict::Withdrawn,
    ])
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        option::of(tag()).prop_map(Asked::Queue),
        any::<u64>().prop_map(|it| Asked::Token(TokenId(it))),
    ]
}

prop_compose! {
    fn request()(
        (key, nonce) in (session_key(), any::<u64>()),
        (fence, request, tool) in (option::of(fence()), request_id(), tool()),
        (description, preview) in (reason(), option::of(preview())),
        (to, timeout) in (option::of(asked()), any::<u64>()),
    ) -> RequestApproval {
        let from = Process { key, nonce };
        let timeout = Millis(timeout);
        RequestApproval { from, fence, request, tool, description, preview, to, timeout }
    }
}

prop_compose! {
    fn decision()(
        (verdict, at) in (verdict(), timestamp()),
        (by, reason) in (any::<Option<u64>>(), option::of(reason())),
    ) -> Decision {
        let by = by.map(TokenId);
        Decision { verdict, at, by, reason }
    }
}

prop_compose! {
    fn approval()(
        (id, team, session, nonce, token) in any::<(u64, u64, u64, u64, u64)>(),
        (key, tag, request) in (session_key(), option::of(tag()), request_id()),
        (fence, tool) in (option::of(fence()), tool()),
        (description, preview) in (reason(), option::of(preview())),
        (to, asked, deadline) in (asked(), timestamp(), timestamp()),
        decision in option::of(decision()),
    ) -> Approval {
        Approval {
            id: ApprovalId(id),
            team: TeamId(team),
            session: SessionId(session),
            key,
            nonce,
            tag,
            token: TokenId(token),
            request,
            fence,
            tool,
            description,
            preview,
            to,
            asked,
            deadline,
            decision,
        }
    }
}
