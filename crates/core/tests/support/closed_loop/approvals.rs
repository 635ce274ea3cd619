//! What sessions ask to be allowed, and a second opinion on how it is decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackord_core::answer::{Answer, Rejection, Reply};
use ackord_core::command::{Actor, AnswerApproval, Command, Op, Process, RequestApproval};
use ackord_core::id::{ApprovalId, TeamId, TokenId};
use ackord_core::model::{Approval, Verdict};
use ackord_core::text::{Reason, RequestId, ToolName};
use ackord_core::time::Millis;

use super::commands::{TEAMS, by, session_key, team_of};
use super::coverage::Coverage;
use super::world::World;

/// Who answers, in both teams.
pub(super) const APPROVERS: [TokenId; 2] = [TokenId(6), TokenId(7)];

impl World {
    pub(super) fn ask(
        &mut self,
        index: usize,
        request: u8,
        has: bool,
        short: bool,
    ) -> Option<Command> {
        let client = &self.clients.all[index];
        let from = Process {
            key: session_key(index),
            nonce: client.nonce,
        };
        let op = Op::RequestApproval(Box::new(RequestApproval {
            from,
            fence: client.has.filter(|_| has),
            request: RequestId::new(format!("r{request}")).expect("valid"),
            tool: ToolName::new("Bash").expect("valid"),
            description: Reason::new("rm -rf build").expect("valid"),
            preview: None,
            to: None,
            timeout: Millis::from_secs(if short { 1 } else { 3600 }),
        }));
        client.id.map(|_| by(team_of(index), op))
    }

    pub(super) fn answer(&self, approval: u8, allow: bool, own: bool) -> Option<Command> {
        let known = &self.approvals.asked;
        let at = usize::from(approval) % known.len().max(1);
        let (id, team) = known.iter().nth(at).map(|it| (*it.0, *it.1))?;
        let place = TEAMS.iter().position(|it| it.0 == team)?;
        let approver = APPROVERS[place];
        let asker = TEAMS[place].1;
        let op = Op::AnswerApproval(AnswerApproval {
            approval: id,
            allow,
            reason: None,
        });
        Some(Command {
            by: Actor::Token(if own { asker } else { approver }),
            team: Some(team),
            op,
        })
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    asked: BTreeMap<ApprovalId, TeamId>,
    decided: BTreeMap<ApprovalId, Arc<Approval>>,
}

impl Approvals {
    /// # Panics
    /// The answer is not the one that the design demands.
    pub(crate) fn judge(&mut self, command: &Command, answer: &Answer, coverage: &mut Coverage) {
        match (&command.op, answer) {
            (Op::RequestApproval(_), Ok(Reply::Approval(it))) => self.told(it, coverage),
            (Op::AnswerApproval(_), Ok(Reply::Approval(it))) => {
                assert_ne!(command.by, Actor::Token(it.token), "nobody answers his own");
                assert!(it.decision.is_some(), "an answer settles it: {it:?}");
                self.told(it, coverage);
            }
            (Op::AnswerApproval(it), Err(Rejection::NotFound)) => {
                self.asked.remove(&it.approval);
                self.decided.remove(&it.approval);
            }
            _ => {}
        }
    }

    /// What is decided stays as it was decided first.
    fn told(&mut self, approval: &Arc<Approval>, coverage: &mut Coverage) {
        self.asked.insert(approval.id, approval.team);
        let Some(decision) = &approval.decision else {
            let before = self.decided.get(&approval.id);
            assert!(before.is_none(), "{before:?} is open again");
            coverage.saw("approval asked");
            return;
        };
        coverage.saw(match decision.verdict {
            Verdict::Allowed => "approval allowed",
            Verdict::Denied => "approval denied",
            Verdict::TimedOut => "approval timed out",
            Verdict::Withdrawn => "approval withdrawn",
        });
        let first = self.decided.entry(approval.id);
        let first = first.or_insert_with(|| Arc::clone(approval));
        assert_eq!(first, approval, "the first decision stays");
    }
}
