//! Names of things. Ids of different things are different types, print with a prefix
//! (`evt_…`, `ses_…`) and parse only under their own, so one cannot be pasted for another.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError {
    /// The prefix that was expected, such as `evt_`.
    pub prefix: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id of the form {}…", self.prefix)
    }
}

impl core::error::Error for IdError {}

macro_rules! numbered_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = IdError { prefix: $prefix };
                let digits = text.strip_prefix($prefix).ok_or(error)?;
                let canonical = !digits.is_empty()
                    && digits.bytes().all(|it| it.is_ascii_digit())
                    && (digits == "0" || !digits.starts_with('0'));
                if !canonical {
                    return Err(error);
                }
                digits.parse().map($name).map_err(|_| error)
            }
        }
    };
}

numbered_id!(
    /// A team (tenant). Numbered from 1 by the log.
    TeamId, "team_"
);
numbered_id!(
    /// A token, never its secret. Numbered from 1 by the log.
    TokenId, "tok_"
);
numbered_id!(
    /// A queue: one (team, tag). Numbered from 1 by the log.
    QueueId, "que_"
);
numbered_id!(
    /// A session record: one (team, session key). Numbered from 1 by the log.
    SessionId, "ses_"
);
numbered_id!(
    /// A job: large work that advances a bounded step at a time. Numbered from 1 by the log.
    JobId, "job_"
);
numbered_id!(
    /// A source: where a provider sends its webhooks. Numbered from 1 by the log.
    SourceId, "src_"
);
numbered_id!(
    /// A cron. Numbered from 1 by the log.
    CronId, "cron_"
);
numbered_id!(
    /// An approval: what an agent asked to be allowed. Numbered from 1 by the log.
    ApprovalId, "apr_"
);
numbered_id!(
    /// A node of the cluster.
    NodeId, "node_"
);

/// An event. 128 bits, made by the node that proposes it: 48 bits of Unix milliseconds, then 80
/// random bits (the shape of a ULID), so that rows of neighbours in time lie together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId(pub u128);

/// Crockford's base 32, lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters of a 128-bit number in base 32.
const EVENT_LETTERS: usize = 26;

impl EventId {
    /// Builds an id from Unix milliseconds (the low 48 bits count) and 80 random bits.
    pub fn new(unix_ms: u64, random: u128) -> Self {
        let time = u128::from(unix_ms & 0xffff_ffff_ffff) << 80;
        Self(time | (random & ((1 << 80) - 1)))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(4 + EVENT_LETTERS);
        text.push_str("evt_");
        for letter in (0..EVENT_LETTERS).rev() {
            let bits = (self.0 >> (5 * letter)) & 31;
            text.push(char::from(ALPHABET[bits as usize]));
        }
        f.write_str(&text)
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError { prefix: "evt_" };
        let letters = text.strip_prefix("evt_").ok_or(error)?.as_bytes();
        if letters.len() != EVENT_LETTERS || letters[0] > b'7' {
            return Err(error);
        }
        let mut id = 0u128;
        for letter in letters {
            let bits = ALPHABET.iter().position(|it| it == letter).ok_or(error)?;
            id = (id << 5) | bits as u128;
        }
        Ok(Self(id))
    }
}
