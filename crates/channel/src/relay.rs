//! What the agent may not do alone, asked of somebody elsewhere.
//!
//! A host asks for a permission in a dialog of its own, and tells of that here
//! (`notifications/claude/channel/permission_request`). The same becomes an approval in the cluster, and the
//! answer goes back to the host (`notifications/claude/channel/permission`), which takes the first one that it
//! gets, here or in its dialog. At the deadline a denial goes back, also where the cluster was never reached,
//! so that an agent that nobody watches is not left waiting.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_client::Error;
use ackord_client::v1::{self, Approval, ApprovalState, Fence, request_approval_request::To};
use ackord_render::neutral;
use rmcp::model::{CustomNotification, ServerNotification};
use rmcp::{Peer, RoleServer};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{debug, info, warn};

use crate::room::{Door, Line, Note, words};

/// By which a host asks.
pub(crate) const REQUEST: &str = "notifications/claude/channel/permission_request";
/// By which it is answered.
const VERDICT: &str = "notifications/claude/channel/permission";

/// Requests that are open at a time; more are left to the host's own dialog. The cluster takes 8 of a session,
/// and what it does not take is asked again until its deadline.
const OPEN_MAX: usize = 64;
/// Longest texts that the cluster takes, in bytes.
const TOOL_BYTES_MAX: usize = 128;
const DESCRIPTION_BYTES_MAX: usize = 1024;
const PREVIEW_BYTES_MAX: usize = 4096;
/// The cluster denies at the deadline. What it has said is waited for so long after that.
const SLACK: Duration = Duration::from_secs(5);
/// Between two tries to ask.
const PAUSE: Duration = Duration::from_secs(2);

/// Shortest time that the cluster gives whoever answers.
pub const TIMEOUT_MIN: Duration = Duration::from_secs(1);
/// Longest.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Whom to ask, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// Who answers. None: whoever has role approve over the session's own tag.
    pub to: Option<Approver>,
    /// What nobody answers by then is denied: [`TIMEOUT_MIN`] to [`TIMEOUT_MAX`].
    pub timeout: Duration,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approver {
    /// Whoever has role approve over this tag.
    Tag(String),
    /// The holder of this token, which has role approve.
    Token(String),
}

impl Approver {
    /// Who goes by this name: a token by its id, `tok_…`; any other name is a tag's.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name.starts_with("tok_") {
            true => Self::Token(name.to_owned()),
            false => Self::Tag(name.to_owned()),
        }
    }
}

impl Default for Approvals {
    fn default() -> Self {
        Self {
            to: None,
            timeout: Duration::from_secs(300),
        }
    }
}

/// What a host asks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Asked {
    request_id: String,
    tool_name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    input_preview: String,
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Relay {
    approvals: Approvals,
    room: Door,
    line: Line,
    key: String,
    nonce: u64,
    /// What the host has asked, and was not answered here yet.
    open: Arc<Mutex<BTreeSet<String>>>,
}

impl Relay {
    pub(crate) fn new(
        approvals: Approvals,
        room: Door,
        line: Line,
        key: String,
        nonce: u64,
    ) -> Self {
        Self {
            approvals,
            room,
            line,
            key,
            nonce,
            open: Arc::default(),
        }
    }

    /// Brings what the host asks to the cluster, and the answer back, beside what goes on. What is no request,
    /// or is asked already, is passed over: the host's own dialog stays.
    pub(crate) fn hear(&self, params: Option<Value>, host: Peer<RoleServer>) {
        let asked: Asked = match serde_json::from_value(params.unwrap_or_default()) {
            Ok(asked) => asked,
            Err(error) => {
                debug!(%error, "the host asks for a permission in another shape");
                return;
            }
        };
        let mut open = self.open();
        if open.len() >= OPEN_MAX {
            warn!(request = %asked.request_id, "too many requests are open: this one is passed over");
            return;
        }
        if !open.insert(asked.request_id.clone()) {
            return;
        }
        drop(open);
        let relay = self.clone();
        tokio::spawn(async move {
            let behavior = match relay.is_allowed(&asked).await {
                true => "allow",
                false => "deny",
            };
            info!(request = %asked.request_id, tool = %asked.tool_name, behavior, "permission");
            let verdict = json!({ "request_id": asked.request_id, "behavior": behavior });
            let verdict = CustomNotification::new(VERDICT, Some(verdict));
            let verdict = ServerNotification::CustomNotification(verdict);
            if let Err(error) = host.send_notification(verdict).await {
                debug!(%error, "the host takes no verdict");
            }
            relay.open().remove(&asked.request_id);
        });
    }

    fn open(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody allows it by the deadline.
    async fn is_allowed(&self, asked: &Asked) -> bool {
        let deadline = Instant::now() + self.approvals.timeout;
        let decided = timeout_at(deadline + SLACK, self.decided(asked, deadline)).await;
        decided.ok().flatten().is_some_and(|it| is_allowed(&it))
    }

    /// The approval, once it is decided. Whatever goes wrong, it is asked again under the same name: that is the
    /// same approval, as it is by then. None: the deadline has come, and the cluster says nothing.
    async fn decided(&self, asked: &Asked, deadline: Instant) -> Option<Approval> {
        let mut question = self.question(asked, self.claimed().await);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = left.clamp(TIMEOUT_MIN, TIMEOUT_MAX).as_millis();
            question.timeout_ms = u64::try_from(left).expect("a day at the most");
            match self.ask(&question).await {
                Ok(approval) => return Some(approval),
                Err(why) => warn!(request = %asked.request_id, %why, "permission relay"),
            }
            let now = Instant::now();
            if now >= deadline {
                return None;
            }
            sleep_until(deadline.min(now + PAUSE)).await;
        }
    }

    /// Asks, and waits until it is decided.
    async fn ask(&self, question: &v1::RequestApprovalRequest) -> Result<Approval, String> {
        let client = self.line.client()?;
        let answer = match client.request_approval(question.clone()).await {
            // What it had is over meanwhile, or was so when it was asked before: it asks for itself.
            Err(Error::Refused(_)) if question.fence.is_some() => {
                let mut question = question.clone();
                question.fence = None;
                client.request_approval(question).await
            }
            answer => answer,
        };
        let answer = answer.map_err(|it| words(&it))?;
        let approval = answer.approval.unwrap_or_default();
        if approval.state() != ApprovalState::Open {
            return Ok(approval);
        }
        let decided = client.wait_for_approval(&approval.id).await;
        decided.map_err(|it| words(&it))
    }

    /// The event that the model works on. To ask for an event is to claim it: never one that was announced and
    /// that the model may not have seen.
    async fn claimed(&self) -> Option<Fence> {
        let standing = self.room.ask(Note::Standing).await?;
        let (fence, is_claimed, _class) = standing.holds?;
        is_claimed.then_some(fence)
    }

    fn question(&self, asked: &Asked, fence: Option<Fence>) -> v1::RequestApprovalRequest {
        let to = self.approvals.to.clone().map(|it| match it {
            Approver::Tag(tag) => To::Tag(tag),
            Approver::Token(id) => To::TokenId(id),
        });
        v1::RequestApprovalRequest {
            // The host's names are short, and come again one day: an old answer must not count then.
            request_id: format!("{:032x}", rand::random::<u128>()),
            tool: or(tool(&asked.tool_name), "unknown"),
            description: or(
                cut(&one_line(&asked.description), DESCRIPTION_BYTES_MAX),
                "(nothing was said about it)",
            ),
            input_preview: cut(&neutral(&asked.input_preview), PREVIEW_BYTES_MAX),
            to,
            timeout_ms: 0,
            session_key: self.key.clone(),
            nonce: self.nonce,
            fence,
        }
    }
}

/// Nobody allows himself what he asks for; the cluster sees to that too.
fn is_allowed(approval: &Approval) -> bool {
    approval.state() == ApprovalState::Allowed
        && !approval.answered_by.is_empty()
        && approval.answered_by != approval.asker_token_id
}

/// The tool's name, as the cluster takes it. What is left out shows, so that no name passes for another.
fn tool(name: &str) -> String {
    let plain = |it: char| if it.is_ascii_graphic() { it } else { '?' };
    let mut plain: String = name.chars().map(plain).collect();
    if plain.len() > TOOL_BYTES_MAX {
        plain.truncate(TOOL_BYTES_MAX - 3);
        plain += "...";
    }
    plain
}

fn one_line(text: &str) -> String {
    neutral(text).replace(['\n', '\t'], " ").trim().to_owned()
}

fn or(text: String, otherwise: &str) -> String {
    match text.is_empty() {
        true => otherwise.to_owned(),
        false => text,
    }
}

/// So many bytes of a text at the most. One that was longer says so: what is hidden is not approved unseen.
fn cut(text: &str, bytes_max: usize) -> String {
    const MARK: &str = " … (cut)";
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max - MARK.len());
    format!("{}{MARK}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_somebody_else_allows() {
        let approval = |state: ApprovalState, by: &str| {
            is_allowed(&Approval {
                state: state.into(),
                asker_token_id: "tok_1".to_owned(),
                answered_by: by.to_owned(),
                ..Approval::default()
            })
        };
        assert!(approval(ApprovalState::Allowed, "tok_2"));
        assert!(!approval(ApprovalState::Allowed, "tok_1"), "oneself");
        assert!(!approval(ApprovalState::Allowed, ""), "nobody");
        for state in [
            ApprovalState::Denied,
            ApprovalState::TimedOut,
            ApprovalState::Withdrawn,
            ApprovalState::Open,
            ApprovalState::Unspecified,
        ] {
            assert!(!approval(state, "tok_2"), "{state:?}");
        }
    }

    #[test]
    fn no_tool_passes_for_another() {
        assert_eq!(tool("mcp__a__b"), "mcp__a__b");
        assert_eq!(tool("Bash\u{200b} "), "Bash??");
        let long = tool(&"x".repeat(200));
        assert!(long.len() == TOOL_BYTES_MAX && long.ends_with("x..."));
    }

    #[test]
    fn what_is_too_long_says_that_it_was_cut() {
        let long = "ä".repeat(3000);
        let shown = cut(&long, PREVIEW_BYTES_MAX);
        assert!(shown.len() <= PREVIEW_BYTES_MAX && shown.ends_with("(cut)"));
        assert_eq!(cut("short", PREVIEW_BYTES_MAX), "short");
        assert_eq!(one_line("a\n\tb "), "a  b");
    }
}
