//! Samples of what sessions ask to be allowed.

use std::sync::Arc;

use ackord_core::command::{
    Actor, AnswerApproval, Command, Entry, Fence, Op, Process, RequestApproval,
};
use ackord_core::history::{History, StepKind};
use ackord_core::id::{ApprovalId, SessionId, TeamId, TokenId};
use ackord_core::model::{Approval, Asked, Decision, Event, EventState, Verdict};
use ackord_core::rows::{Key, Row};
use ackord_core::text::{InputPreview, Reason, RequestId, SessionKey, Tag, ToolName};
use ackord_core::time::{Millis, Timestamp};

use super::events::{self, EVENT, step};
use super::text;

const TEAM: TeamId = TeamId(2);
const ID: ApprovalId = ApprovalId(31);
const AT: Timestamp = Timestamp(1_790_000_000_123);
const FENCE: Fence = Fence {
    event: EVENT,
    delivery: 3,
};

/// Each command alone in an entry, with the ending of its sample's name.
pub(super) fn commands() -> Vec<(&'static str, Entry)> {
    let bare = RequestApproval {
        fence: None,
        preview: None,
        to: None,
        ..request()
    };
    let to_token = RequestApproval {
        to: Some(Asked::Token(TokenId(9))),
        ..request()
    };
    let ops = [
        ("", Op::RequestApproval(Box::new(request()))),
        ("_bare", Op::RequestApproval(Box::new(bare))),
        ("_token", Op::RequestApproval(Box::new(to_token))),
        (
            "",
            Op::AnswerApproval(AnswerApproval {
                approval: ID,
                allow: true,
                reason: Some(reason()),
            }),
        ),
    ];
    ops.map(|(ending, op)| (ending, entry(op))).into()
}

/// Each row under a key of its kind, with the ending of its sample's name.
pub(super) fn rows() -> Vec<(&'static str, Key, Row)> {
    let row = |it| Row::Approval(Arc::new(it));
    let key = || Key::Approval(TEAM, ID);
    vec![
        ("", key(), row(open())),
        ("_allowed", key(), row(decided(Verdict::Allowed))),
        ("_timed_out", key(), row(decided(Verdict::TimedOut))),
        (
            "_approval",
            Key::Event(TEAM, EVENT),
            Row::Event(Box::new(asked())),
        ),
    ]
}

fn entry(op: Op) -> Entry {
    Entry {
        format: 1,
        at: AT,
        commands: vec![Command {
            by: Actor::Token(TokenId(5)),
            team: Some(TEAM),
            op,
        }],
    }
}

fn reason() -> Reason {
    text(Reason::new("it is Monday"))
}

fn request() -> RequestApproval {
    RequestApproval {
        from: Process {
            key: text(SessionKey::new("agent-7")),
            nonce: 0x0102_0304_0506_0708,
        },
        fence: Some(FENCE),
        request: text(RequestId::new("abcde")),
        tool: text(ToolName::new("Bash")),
        description: text(Reason::new("deploys v17")),
        preview: Some(text(InputPreview::new("make deploy"))),
        to: Some(Asked::Queue(Some(text(Tag::new("deploy"))))),
        timeout: Millis(300_000),
    }
}

fn open() -> Approval {
    Approval {
        id: ID,
        team: TEAM,
        session: SessionId(12),
        key: text(SessionKey::new("agent-7")),
        nonce: 0x0102_0304_0506_0708,
        tag: Some(text(Tag::new("build"))),
        token: TokenId(5),
        request: text(RequestId::new("abcde")),
        fence: Some(FENCE),
        tool: text(ToolName::new("Bash")),
        description: text(Reason::new("deploys v17")),
        preview: Some(text(InputPreview::new("make deploy"))),
        to: Asked::Queue(Some(text(Tag::new("deploy")))),
        asked: AT,
        deadline: Timestamp(AT.0 + 300_000),
        decision: None,
    }
}

fn decided(verdict: Verdict) -> Approval {
    let answered = verdict == Verdict::Allowed;
    Approval {
        to: Asked::Queue(None),
        decision: Some(Decision {
            verdict,
            at: Timestamp(AT.0 + 1),
            by: answered.then_some(TokenId(9)),
            reason: answered.then(reason),
        }),
        ..open()
    }
}

fn asked() -> Event {
    let approval = StepKind::Approval {
        approval: ID,
        delivery: 3,
        tool: text(ToolName::new("Bash")),
        verdict: Verdict::Allowed,
        by: Some(TokenId(9)),
        reason: Some(reason()),
    };
    Event {
        history: History {
            steps: vec![step(0, approval)],
            dropped: 0,
        },
        ..events::bare(EventState::Ready)
    }
}
