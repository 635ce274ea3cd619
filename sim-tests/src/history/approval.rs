//! What can be asked about approvals, and what somebody is told of one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ackord_core::command::Fence;
use ackord_core::id::{ApprovalId, TokenId};
use ackord_core::model::Verdict;
use ackord_core::text::Tag;
use ackord_core::time::Timestamp;

use super::op::{show, show_tag};

/// Something asked about an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalAsk {
    /// "May I?"
    Request(Arc<Request>),
    /// "You may", or "you may not".
    Answer {
        /// The approval.
        approval: ApprovalId,
        /// Allowed; otherwise denied.
        allow: bool,
        /// Who says so.
        by: Bearer,
    },
    /// How it stands; or how it was decided, however long that takes.
    Look {
        /// The approval.
        approval: ApprovalId,
        /// Whoever asks waits for the decision.
        waits: bool,
    },
}

/// What a session asks to be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The process that asks, by its nonce.
    pub nonce: u64,
    /// What it calls the request.
    pub name: String,
    /// What it wants to do. No other request says the same.
    pub wish: String,
    /// The delivery that it asks for; none: it asks without one.
    pub fence: Option<Fence>,
    /// Denied if nobody answers for so long.
    pub timeout: Duration,
    /// Who is asked.
    pub to: Whom,
    /// The token that asks.
    pub asker: TokenId,
    /// The token that the session has attached with.
    pub attached: TokenId,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Whoever may approve over this tag.
    Tag(Option<Tag>),
    /// The bearer of this token.
    Token(TokenId),
}

/// Somebody with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The token.
    pub token: TokenId,
    /// What it allows.
    pub power: Power,
}

/// Which approvals somebody may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Power {
    /// Those asked over any tag.
    All,
    /// Those asked over this tag.
    Tag(Tag),
    /// None: it has not the role, or is of another team.
    Nothing,
}

/// How an approval stands, as somebody was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub approval: ApprovalId,
    /// When it was asked.
    pub asked: Timestamp,
    /// Until when it waits for an answer.
    pub deadline: Timestamp,
    /// How it was decided; none: it is open.
    pub ruling: Option<Ruling>,
}

/// How an approval was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// How.
    pub verdict: Verdict,
    /// When.
    pub at: Timestamp,
    /// Who answered; none: nobody did.
    pub by: Option<TokenId>,
}

impl Request {
    /// Whether it is for this bearer to answer.
    #[must_use]
    pub fn asks(&self, bearer: &Bearer) -> bool {
        match (&self.to, &bearer.power) {
            (_, Power::Nothing) => false,
            (Whom::Token(token), _) => *token == bearer.token,
            (Whom::Tag(_), Power::All) => true,
            (Whom::Tag(tag), Power::Tag(own)) => tag.as_ref() == Some(own),
        }
    }

    /// Whether whoever has this token asks himself.
    #[must_use]
    pub fn is_of(&self, token: TokenId) -> bool {
        [self.asker, self.attached].contains(&token)
    }
}

impl fmt::Display for ApprovalAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(it) => it.fmt(f),
            Self::Answer {
                approval,
                allow,
                by,
            } => {
                let says = if *allow { "allow" } else { "deny" };
                write!(f, "{says} {approval} with {}", by.token)
            }
            Self::Look {
                approval,
                waits: false,
            } => write!(f, "look at {approval}"),
            Self::Look {
                approval,
                waits: true,
            } => write!(f, "wait for {approval}"),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            wish,
            timeout,
            asker,
            ..
        } = self;
        write!(f, "ask {name} for {wish} with {asker}, within {timeout:?}")?;
        if let Some(fence) = self.fence {
            write!(f, ", with {} in hand", show(fence))?;
        }
        match &self.to {
            Whom::Tag(tag) => write!(f, ", of {}", show_tag(tag.as_ref())),
            Whom::Token(token) => write!(f, ", of {token}"),
        }
    }
}
