//! What sessions asked to be allowed, and what anybody was told of it.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::Op as Command;
use ackord_core::id::ApprovalId;
use ackord_core::model::Approval;

use super::Evidence;
use crate::history::{Answer, ApprovalAsk, Op, Operation, Request, Ruling, Standing};

/// What stands behind each approval of the log. Nobody asks twice for the same wish.
pub(super) fn requests<'a>(
    evidence: &Evidence,
    operations: &[Operation<'a>],
) -> BTreeMap<ApprovalId, &'a Request> {
    let wishes = operations.iter().filter_map(|it| match it.op {
        Op::Approval(ApprovalAsk::Request(it)) => Some((it.wish.as_str(), &**it)),
        _ => None,
    });
    let wishes: BTreeMap<&str, &Request> = wishes.collect();
    let logged = evidence.story.scenes.iter();
    let logged = logged.filter_map(|it| match (&it.command.op, &it.answer) {
        (Command::RequestApproval(_), Ok(Reply::Approval(it))) => {
            Some((it.id, *wishes.get(it.description.as_str())?))
        }
        _ => None,
    });
    logged.collect()
}

/// Whatever anybody was told of any approval, in the order in which it was asked.
pub(super) fn told<'a, 'b>(
    operations: &'b [Operation<'a>],
) -> impl Iterator<Item = (&'b Operation<'a>, Standing)> {
    operations.iter().filter_map(|it| match it.ok()? {
        Answer::Approval { standing, .. } => Some((it, standing)),
        _ => None,
    })
}

/// How an approval of the rows stands.
pub(super) fn standing(it: &Approval) -> Standing {
    Standing {
        approval: it.id,
        asked: it.asked,
        deadline: it.deadline,
        ruling: it.decision.as_ref().map(|it| Ruling {
            verdict: it.verdict,
            at: it.at,
            by: it.by,
        }),
    }
}

#[cfg(test)]
pub(super) mod made {
    //! Approvals made by hand.

    use std::sync::Arc;
    use std::time::Duration;

    use ackord_core::command::{Fence, Process, RequestApproval};
    use ackord_core::id::{SessionId, TeamId, TokenId};
    use ackord_core::model::{Asked, Verdict};
    use ackord_core::text::{Reason, RequestId, SessionKey, ToolName};
    use ackord_core::time::{Millis, Timestamp};

    use super::super::stage::{ANN, Stage};
    use super::*;
    use crate::history::{Bearer, Power, Who, Whom};

    /// The one approval: asked at 1,000 by the first token, until 3,000.
    pub(in super::super) const APPROVAL: ApprovalId = ApprovalId(7);
    pub(in super::super) const ASKER: TokenId = TokenId(1);
    pub(in super::super) const BOSS: TokenId = TokenId(2);

    pub(in super::super) fn request(wish: &str, fence: Option<Fence>) -> Request {
        Request {
            nonce: 1,
            name: "r1".to_owned(),
            wish: wish.to_owned(),
            fence,
            timeout: Duration::from_secs(2),
            to: Whom::Tag(None),
            asker: ASKER,
            attached: ASKER,
        }
    }

    pub(in super::super) fn open() -> Standing {
        Standing {
            approval: APPROVAL,
            asked: Timestamp(1_000),
            deadline: Timestamp(3_000),
            ruling: None,
        }
    }

    pub(in super::super) fn ruled(verdict: Verdict, at: u64, by: Option<TokenId>) -> Standing {
        let at = Timestamp(at);
        Standing {
            ruling: Some(Ruling { verdict, at, by }),
            ..open()
        }
    }

    fn logged(it: &Request) -> Approval {
        Approval {
            id: APPROVAL,
            team: TeamId(1),
            session: SessionId(1),
            key: SessionKey::new("s1").expect("a valid key"),
            nonce: it.nonce,
            tag: None,
            token: it.asker,
            request: RequestId::new(it.name.as_str()).expect("a valid name"),
            fence: it.fence,
            tool: ToolName::new("Bash").expect("a valid name"),
            description: Reason::new(it.wish.as_str()).expect("a valid text"),
            preview: None,
            to: Asked::Queue(None),
            asked: Timestamp(1_000),
            deadline: Timestamp(3_000),
            decision: None,
        }
    }

    impl Stage {
        /// The first process asks, and its approval is in the log.
        pub(in super::super) fn asks(&mut self, it: Request) {
            let approval = logged(&it);
            let scene = self.scene(Command::RequestApproval(Box::new(RequestApproval {
                from: Process {
                    key: approval.key.clone(),
                    nonce: it.nonce,
                },
                fence: it.fence,
                request: approval.request.clone(),
                tool: approval.tool.clone(),
                description: approval.description.clone(),
                preview: None,
                to: None,
                timeout: Millis(2_000),
            })));
            scene.at = approval.asked;
            scene.answer = Ok(Reply::Approval(Arc::new(approval)));
            self.is_told(Op::Approval(ApprovalAsk::Request(Arc::new(it))), open());
        }

        /// Somebody is told how the approval stands.
        pub(in super::super) fn is_told(&mut self, op: Op, standing: Standing) {
            let index = None;
            self.ok(Who::Session(ANN), op, Answer::Approval { standing, index });
        }
    }

    /// Somebody with a token that may approve over all tags.
    pub(in super::super) fn answer(allow: bool, token: TokenId) -> Op {
        Op::Approval(ApprovalAsk::Answer {
            approval: APPROVAL,
            allow,
            by: Bearer {
                token,
                power: Power::All,
            },
        })
    }

    pub(in super::super) fn look() -> Op {
        Op::Approval(ApprovalAsk::Look {
            approval: APPROVAL,
            waits: false,
        })
    }
}
