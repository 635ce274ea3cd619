//! `ackord approvals`: what agents ask to be allowed, and what somebody says to it.

use ackord_client::v1;
use ackord_client::v1::ApprovalState;
use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::connection::Connection;
use super::failure::Failure;
use super::output::{Card, Output, Row};
use super::paging::Limit;
use super::values::{stated, time, word};

/// Of an answer after which the approval is not what it says.
const TOO_LATE: &str = "this answer does not count: the approval was decided before";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Approvals {
    /// Lists what is asked, oldest first; those that are open, unless another state is named
    ///
    /// Example: ackord approvals list
    ///
    /// Example: ackord approvals list --state all
    #[command(verbatim_doc_comment)]
    List {
        /// Only those in this state
        #[arg(long, default_value = "open")]
        state: State,
        #[command(flatten)]
        limit: Limit,
    },
    /// Shows one, with what the agent would do
    ///
    /// Example: ackord approvals get apr_31
    Get {
        /// The approval's id
        approval: String,
    },
    /// Allows what is asked; the first answer counts
    ///
    /// Needs a token with role approve over the tag that is asked, and never the asker's own. Exits with 0
    /// if it is allowed now, and with 3 if this answer does not count: it was denied before, nobody answered
    /// in time, or nobody waits for it any more. What is printed says which.
    ///
    /// Example: ackord approvals allow apr_31
    #[command(verbatim_doc_comment)]
    Allow {
        /// The approval's id
        approval: String,
        #[command(flatten)]
        said: Said,
    },
    /// Denies what is asked; the first answer counts
    ///
    /// Exits with 0 if it is denied now, and with 3 if this answer does not count.
    ///
    /// Example: ackord approvals deny apr_31 --reason "not on a Friday"
    #[command(verbatim_doc_comment)]
    Deny {
        /// The approval's id
        approval: String,
        #[command(flatten)]
        said: Said,
    },
    /// Waits until one is decided, and says how
    ///
    /// Exits with 0 if it is allowed, and with 3 if it is not.
    ///
    /// Example: ackord approvals watch apr_31 && make deploy
    #[command(verbatim_doc_comment)]
    Watch {
        /// The approval's id
        approval: String,
    },
}

/// What goes with an answer.
#[derive(Debug, clap::Args)]
pub(crate) struct Said {
    /// Why; the agent and the event's history are told
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Where an approval is in its life.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum State {
    Open,
    Allowed,
    Denied,
    TimedOut,
    Withdrawn,
    All,
}

/// An approval as it is shown.
#[derive(Serialize)]
struct ApprovalView {
    approval_id: String,
    state: String,
    tool: String,
    description: String,
    input_preview: Option<String>,
    session_key: String,
    asker_tag: Option<String>,
    asker_token_id: String,
    event_id: Option<String>,
    delivery: Option<u32>,
    asked_tag: Option<String>,
    asked_token_id: Option<String>,
    asked_at: Option<String>,
    deadline: Option<String>,
    decided_at: Option<String>,
    answered_by: Option<String>,
    reason: Option<String>,
}

impl Approvals {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = &connection.client()?;
        let (approval, wanted, otherwise) = match self {
            Self::List { state, limit } => {
                let fetch = |page_size, page_token| async move {
                    let question = v1::ListApprovalsRequest {
                        state: ApprovalState::from(state).into(),
                        page_size,
                        page_token,
                        at_least: None,
                    };
                    let page = client.list_approvals(question).await;
                    page.map(|it| (it.approvals, it.next_page_token))
                };
                let none = "nothing is asked";
                return limit.show::<_, ApprovalView, _>(output, none, fetch).await;
            }
            Self::Get { approval } => {
                let question = v1::GetApprovalRequest {
                    approval_id: approval,
                    at_least: None,
                };
                let approval = client.get_approval(question).await?.approval;
                output.card(&ApprovalView::from(approval.unwrap_or_default()));
                return Ok(());
            }
            Self::Allow { approval, said } => {
                let answered = answer(client, approval, true, said).await?;
                (answered, ApprovalState::Allowed, TOO_LATE)
            }
            Self::Deny { approval, said } => {
                let answered = answer(client, approval, false, said).await?;
                (answered, ApprovalState::Denied, TOO_LATE)
            }
            Self::Watch { approval } => {
                let decided = client.wait_for_approval(approval).await?;
                (decided, ApprovalState::Allowed, "it is not allowed")
            }
        };
        let state = approval.state();
        let view = ApprovalView::from(approval);
        output.done(&view, &view.sentence());
        match state == wanted {
            true => Ok(()),
            false => Err(Failure::refused(otherwise)),
        }
    }
}

async fn answer(
    client: &ackord_client::Client,
    approval_id: String,
    allow: bool,
    said: Said,
) -> Result<v1::Approval, Failure> {
    let question = v1::AnswerApprovalRequest {
        approval_id,
        allow,
        reason: said.reason,
    };
    let answered = client.answer_approval(question).await?;
    Ok(answered.approval.unwrap_or_default())
}

impl From<State> for ApprovalState {
    fn from(it: State) -> Self {
        match it {
            State::Open => Self::Open,
            State::Allowed => Self::Allowed,
            State::Denied => Self::Denied,
            State::TimedOut => Self::TimedOut,
            State::Withdrawn => Self::Withdrawn,
            State::All => Self::Unspecified,
        }
    }
}

impl From<v1::Approval> for ApprovalView {
    fn from(it: v1::Approval) -> Self {
        let fence = it.fence.clone();
        Self {
            state: word(it.state().as_str_name(), "APPROVAL_STATE"),
            approval_id: it.id,
            tool: it.tool,
            description: it.description,
            input_preview: stated(it.input_preview),
            session_key: it.session_key,
            asker_tag: stated(it.asker_tag),
            asker_token_id: it.asker_token_id,
            event_id: fence.as_ref().map(|it| it.event_id.clone()),
            delivery: fence.map(|it| it.delivery),
            asked_tag: stated(it.tag),
            asked_token_id: stated(it.token_id),
            asked_at: time(it.asked_at_ms),
            deadline: time(it.deadline_ms),
            decided_at: time(it.decided_at_ms),
            answered_by: stated(it.answered_by),
            reason: stated(it.reason),
        }
    }
}

impl ApprovalView {
    /// How it was decided, in one line.
    fn sentence(&self) -> String {
        let mut sentence = format!("{}: {}", self.approval_id, self.state);
        if let Some(by) = &self.answered_by {
            sentence.push_str(" by ");
            sentence.push_str(by);
        }
        if let Some(reason) = &self.reason {
            sentence.push_str(": ");
            sentence.push_str(reason);
        }
        sentence
    }

    /// Who is asked.
    fn asked(&self) -> String {
        let asked = self.asked_token_id.clone().or(self.asked_tag.clone());
        asked.unwrap_or_default()
    }
}

impl Row for ApprovalView {
    const HEAD: &'static [&'static str] = &[
        "approval", "state", "session", "tool", "wants to", "asked", "until",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.approval_id.clone(),
            self.state.clone(),
            self.session_key.clone(),
            self.tool.clone(),
            self.description.clone(),
            self.asked(),
            self.deadline.clone().unwrap_or_default(),
        ]
    }
}

impl Card for ApprovalView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let said = |it: &Option<String>| it.clone().unwrap_or_default();
        let delivery = self.delivery.map(|it| format!(" {it}"));
        vec![
            ("approval", self.approval_id.clone()),
            ("state", self.state.clone()),
            ("tool", self.tool.clone()),
            ("wants to", self.description.clone()),
            ("with", said(&self.input_preview)),
            ("session", self.session_key.clone()),
            ("of tag", said(&self.asker_tag)),
            ("by token", self.asker_token_id.clone()),
            (
                "event",
                said(&self.event_id) + &delivery.unwrap_or_default(),
            ),
            ("asked", self.asked()),
            ("at", said(&self.asked_at)),
            ("denied at", said(&self.deadline)),
            ("decided at", said(&self.decided_at)),
            ("answered by", said(&self.answered_by)),
            ("reason", said(&self.reason)),
        ]
    }
}
