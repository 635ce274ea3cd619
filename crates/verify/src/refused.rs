//! Why a request is not taken.

use std::fmt;

/// Why a request is not taken: a closed list, shared by logs, metrics and the list of recent requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refused {
    /// No signature of a kind that counts, no token, or not all that is signed.
    MissingSignature,
    /// A signature header that does not have its shape, or that is there twice.
    MalformedSignature,
    /// No signature is of one of the active secrets.
    BadSignature,
    /// The signed time is too far from now, on either side, or cannot be read.
    StaleTimestamp,
    /// The token, or user and password, is none of the active secrets.
    BadToken,
    /// The body is not JSON, and a rule must read it.
    NotJson,
    /// The body says that it is something else than JSON, and a rule must read it.
    BadContentType,
    /// The body's JSON is nested too deeply.
    TooDeep,
    /// Nothing says what kind of event it is.
    MissingEventType,
    /// Nothing says by what key the delivery is known.
    MissingDedupKey,
    /// Whoever caused it is not on the source's list.
    SenderNotAllowed,
    /// The provider tries the URL, and nobody has opened the source for pairing.
    NotPaired,
}

impl Refused {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::MissingSignature,
        Self::MalformedSignature,
        Self::BadSignature,
        Self::StaleTimestamp,
        Self::BadToken,
        Self::NotJson,
        Self::BadContentType,
        Self::TooDeep,
        Self::MissingEventType,
        Self::MissingDedupKey,
        Self::SenderNotAllowed,
        Self::NotPaired,
    ];

    /// Its name, as in `bad_signature`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingSignature => "missing_signature",
            Self::MalformedSignature => "malformed_signature",
            Self::BadSignature => "bad_signature",
            Self::StaleTimestamp => "stale_timestamp",
            Self::BadToken => "bad_token",
            Self::NotJson => "not_json",
            Self::BadContentType => "bad_content_type",
            Self::TooDeep => "too_deep",
            Self::MissingEventType => "missing_event_type",
            Self::MissingDedupKey => "missing_dedup_key",
            Self::SenderNotAllowed => "sender_not_allowed",
            Self::NotPaired => "not_paired",
        }
    }

    /// The sender is not known to be the provider: it hears no more than that.
    #[must_use]
    pub fn is_unverified(self) -> bool {
        match self {
            Self::MissingSignature
            | Self::MalformedSignature
            | Self::BadSignature
            | Self::StaleTimestamp
            | Self::BadToken => true,
            Self::NotJson
            | Self::BadContentType
            | Self::TooDeep
            | Self::MissingEventType
            | Self::MissingDedupKey
            | Self::SenderNotAllowed
            | Self::NotPaired => false,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
