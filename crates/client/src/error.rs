//! How a call can end other than well: refused, failed, or unknown. Never mixed.

use std::fmt;
use std::time::Duration;

use ackord_proto::v1;
use ackord_proto::v1::RefusalReason;

/// Why a call did not end well.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The cluster (or, for its own bounds, this client) said no. Nothing was changed.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// It did not happen, for instance because no server could be reached.
    #[error("{0}")]
    Failed(String),
    /// It may or may not have happened. A submit may be sent again with the same key, an answer to
    /// a delivery with the same fence; for the rest, look first.
    #[error("the outcome is not known: {0}")]
    Unknown(String),
}

/// "No", and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Why; decide by this.
    pub reason: RefusalReason,
    /// One sentence on what is wrong, for people.
    pub message: String,
    /// One sentence on what to do about it, for people. May be empty.
    pub what_to_do: String,
    /// Wait at least this long before another try.
    pub retry_after: Option<Duration>,
    /// The field that breaks a rule.
    pub field: Option<String>,
    /// With [`RefusalReason::Revision`]: the present one.
    pub revision: Option<u64>,
    /// With [`RefusalReason::Superseded`]: the latest delivery.
    pub latest: Option<v1::Fence>,
}

impl Error {
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }

    /// The refusal, if it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Failed(_) | Self::Unknown(_) => None,
        }
    }

    /// Why it was refused, if it was.
    #[must_use]
    pub fn reason(&self) -> Option<RefusalReason> {
        self.refusal().map(|it| it.reason)
    }
}

impl Refusal {
    /// A part of an ack is wrong, and not its delivery: `field` names it.
    #[must_use]
    pub fn is_of_a_part(&self) -> bool {
        let field = self.field.as_deref().unwrap_or_default();
        field.starts_with("emits[") || field.starts_with("effects[")
    }

    /// A refusal by this client itself.
    pub(crate) fn local(reason: RefusalReason, message: String, what_to_do: &str) -> Self {
        Self {
            reason,
            message,
            what_to_do: what_to_do.to_owned(),
            retry_after: None,
            field: None,
            revision: None,
            latest: None,
        }
    }
}

impl From<v1::Refusal> for Refusal {
    fn from(it: v1::Refusal) -> Self {
        let reason = it.reason();
        Self {
            reason,
            message: it.message,
            what_to_do: it.what_to_do,
            retry_after: (it.retry_after_ms > 0).then(|| Duration::from_millis(it.retry_after_ms)),
            field: (!it.field.is_empty()).then_some(it.field),
            revision: (reason == RefusalReason::Revision).then_some(it.revision),
            latest: it.latest,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
