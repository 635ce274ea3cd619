//! Approvals: what an agent may not do alone, and how that was decided.

use crate::command::Fence;
use crate::id::{ApprovalId, SessionId, TeamId, TokenId};
use crate::text::{InputPreview, Reason, RequestId, SessionKey, Tag, ToolName};
use crate::time::Timestamp;

/// How an approval was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Somebody allowed it.
    Allowed,
    /// Somebody denied it.
    Denied,
    /// Nobody answered by the deadline: denied.
    TimedOut,
    /// Nobody waits for it any more.
    Withdrawn,
}

/// The decision of an approval. There is one, and it stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// How.
    pub verdict: Verdict,
    /// When.
    pub at: Timestamp,
    /// The token that answered; none: nobody did.
    pub by: Option<TokenId>,
    /// What whoever answered says.
    pub reason: Option<Reason>,
}

/// Who is asked. Whoever it is needs role approve, and is not the asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Whoever may approve over a tag; none: over the untagged queue.
    Queue(Option<Tag>),
    /// The holder of this token alone.
    Token(TokenId),
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Its team.
    pub team: TeamId,
    /// The session that asks.
    pub session: SessionId,
    /// Its key.
    pub key: SessionKey,
    /// The process of it that asks: with another one, nobody waits any more.
    pub nonce: u64,
    /// The queue that it took from, by its tag.
    pub tag: Option<Tag>,
    /// The token that asks. It may not answer.
    pub token: TokenId,
    /// What the asker calls it: the same request again is the same approval.
    pub request: RequestId,
    /// The delivery that asks; none: the session asks without one.
    pub fence: Option<Fence>,
    /// What the agent wants to use.
    pub tool: ToolName,
    /// What it wants to do, in its own words.
    pub description: Reason,
    /// What it would call the tool with.
    pub preview: Option<InputPreview>,
    /// Who is asked.
    pub to: Asked,
    /// When it was asked.
    pub asked: Timestamp,
    /// When it is denied unless somebody answers.
    pub deadline: Timestamp,
    /// How it was decided; none: it is open.
    pub decision: Option<Decision>,
}
