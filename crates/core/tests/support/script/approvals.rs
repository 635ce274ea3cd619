//! Verbs of what agents ask to be allowed: `ask` and `answer`.

use std::fmt::Write;

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{AnswerApproval, Command, Op, Process, RequestApproval};
use ackord_core::id::ApprovalId;
use ackord_core::model::{Approval, Asked, Decision, Verdict};
use ackord_core::rows::Row;
use ackord_core::text::{InputPreview, Reason, RequestId, SessionKey, ToolName};
use ackord_core::time::Millis;

use super::line::Line;
use super::verbs::{reason, tag};
use super::world::World;

impl World {
    pub(super) fn approval_op(&mut self, verb: &str, line: &mut Line) -> Op {
        match verb {
            "ask" => Op::RequestApproval(Box::new(self.ask(line))),
            "answer" => {
                let name = line.name();
                let known = self.approvals.get(&name).copied();
                let allow = line.flag("allow");
                assert!(allow || line.flag("deny"), "allow or deny");
                Op::AnswerApproval(AnswerApproval {
                    approval: known.unwrap_or(ApprovalId(999)),
                    allow,
                    reason: reason(line),
                })
            }
            _ => self.source_op(verb, line),
        }
    }

    fn ask(&mut self, line: &mut Line) -> RequestApproval {
        let to = line.arg("to").map(|it| match it.strip_prefix("token:") {
            Some(name) => Asked::Token(self.token(name)),
            None => Asked::Queue(Some(tag(it))),
        });
        let from = line.arg("from").expect("a session asks");
        let tool = line.arg("tool").unwrap_or_else(|| String::from("Bash"));
        let wants = line.quoted.take();
        let wants = wants.unwrap_or_else(|| String::from("rm -rf build"));
        let preview = line.arg("preview");
        RequestApproval {
            request: RequestId::new(line.name()).expect("a valid id"),
            from: Process {
                key: SessionKey::new(from).expect("a valid key"),
                nonce: line.number("nonce").unwrap_or(1),
            },
            fence: line.arg("fence").map(|it| self.fence(&it)),
            tool: ToolName::new(tool).expect("a valid name"),
            description: Reason::new(wants).expect("a valid text"),
            preview: preview.map(|it| InputPreview::new(it).expect("a valid text")),
            to,
            timeout: line.span("for").unwrap_or(Millis::from_mins(5)),
        }
    }

    pub(super) fn learn_approval(&mut self, command: &Command, answer: &Answer) {
        if let (Op::RequestApproval(it), Ok(Reply::Approval(approval))) = (&command.op, answer) {
            self.approvals.insert(it.request.to_string(), approval.id);
        }
    }

    pub(super) fn say_approval(&self, approval: &Approval) -> String {
        let said = match &approval.decision {
            None => format!("open until {}", self.say_time(approval.deadline)),
            Some(it) => self.say_decision(it),
        };
        format!("{} {said}", approval.request)
    }

    fn say_decision(&self, decision: &Decision) -> String {
        let verdict = say_verdict(decision.verdict);
        let mut said = format!("{verdict} at {}", self.say_time(decision.at));
        if let Some(by) = decision.by {
            write!(said, " by {}", self.say_token(by)).expect("a string takes all");
        }
        if let Some(reason) = &decision.reason {
            write!(said, ": {reason}").expect("a string takes all");
        }
        said
    }

    pub(super) fn show_approval(&self, name: &str) -> String {
        let id = self.approvals.get(name).copied();
        let mut rows = self.machine.rows.all().values();
        let found = rows.find_map(|it| match it {
            Row::Approval(it) if Some(it.id) == id => Some(it),
            _ => None,
        });
        let Some(it) = found else {
            return format!("{name}: no such approval\n");
        };
        let asked = match &it.to {
            Asked::Queue(None) => String::from("the untagged queue"),
            Asked::Queue(Some(tag)) => format!("tag {tag}"),
            Asked::Token(token) => self.say_token(*token),
        };
        let with = it.preview.as_ref().map(|it| format!(" with {it}"));
        let fence = it.fence.map(|it| format!(" for {}", self.say_fence(it)));
        format!(
            "{}: {} wants {} \"{}\"{}{}, asks {asked}\n",
            self.say_approval(it),
            it.key,
            it.tool,
            it.description,
            with.unwrap_or_default(),
            fence.unwrap_or_default(),
        )
    }
}

pub(super) fn say_verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Denied => "denied",
        Verdict::TimedOut => "denied, nobody answered,",
        Verdict::Withdrawn => "withdrawn",
    }
}
