//! Texts that exist only if they are valid, so nothing behind the edge checks them again.

use alloc::string::String;
use core::fmt;

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// What the text was to be, such as `tag`.
    pub what: &'static str,
    /// The rule that it breaks, in words for whoever wrote it.
    pub rule: &'static str,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.rule)
    }
}

impl core::error::Error for TextError {}

/// Types of events and names of meta fields that begin so are the cluster's own: nobody else may use
/// them.
pub const RESERVED: &str = "ackord.";

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $rule:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Longest text, in bytes.
            pub const BYTES_MAX: usize = $max;

            /// Takes the text if it keeps the rule: 1 to [`Self::BYTES_MAX`] bytes of what the
            /// type allows.
            ///
            /// # Errors
            /// Names the rule.
            pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
                let text = text.into();
                let allowed: fn(char) -> bool = $allowed;
                if text.is_empty() || text.len() > $max || !text.chars().all(allowed) {
                    return Err(TextError { what: $what, rule: $rule });
                }
                Ok(Self(text))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn is_slug(it: char) -> bool {
    it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-'
}

fn is_tag(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.' | ':' | '/' | '@')
}

fn is_visible(it: char) -> bool {
    it.is_ascii_graphic()
}

/// Printed text: no control characters, so that it cannot forge a line of a terminal or a log.
fn is_line(it: char) -> bool {
    !it.is_control()
}

/// Text of several lines: new lines and tabs are allowed, other control characters are not.
fn is_prose(it: char) -> bool {
    !it.is_control() || matches!(it, '\n' | '\t' | '\r')
}

text!(
    /// A team's name, unique in the cluster.
    TeamName, "team name", 63, "1 to 63 of a-z, 0-9 and '-'", is_slug
);
text!(
    /// Where a node is reached by its peers, as `host:port`.
    PeerAddress, "address", 261, "1 to 261 visible ASCII characters without spaces", is_visible
);
text!(
    /// A tag: names a queue of a team.
    Tag, "tag", 128, "1 to 128 of A-Z a-z 0-9 - _ . : / @", is_tag
);
text!(
    /// A session's key: what stays the same when the session comes back.
    SessionKey, "session key", 128, "1 to 128 visible ASCII characters without spaces", is_visible
);
text!(
    /// An ordering key: events of one key complete in their order.
    OrderingKey, "ordering key", 256, "1 to 256 bytes without control characters", is_line
);
text!(
    /// What kind of event it is, such as `pull_request.opened`.
    EventType, "event type", 128, "1 to 128 visible ASCII characters without spaces", is_visible
);
text!(
    /// A label for people.
    Label, "label", 128, "1 to 128 bytes without control characters", is_line
);
text!(
    /// A media type, such as `application/json`.
    ContentType, "content type", 128, "1 to 128 bytes without control characters", is_line
);
text!(
    /// Why something was done, in one line; stands in the history.
    Reason, "reason", 1024, "1 to 1,024 bytes without control characters", is_line
);
text!(
    /// What a session did, told with its ack.
    Summary, "summary", 16_384, "1 to 16,384 bytes, no control characters but new lines and tabs", is_prose
);
text!(
    /// A checkpoint note: what a session wants to be told when the event comes back.
    Note, "note", 16_384, "1 to 16,384 bytes, no control characters but new lines and tabs", is_prose
);
text!(
    /// What a message says.
    MessageText, "text", 65_536, "1 to 65,536 bytes, no control characters but new lines and tabs", is_prose
);
text!(
    /// Names a conversation.
    ThreadId, "thread id", 128, "1 to 128 visible ASCII characters without spaces", is_visible
);
text!(
    /// Names an effect within its event.
    EffectKey, "effect key", 256, "1 to 256 bytes without control characters", is_line
);
text!(
    /// What came of an effect.
    EffectResult, "result", 4096, "1 to 4,096 bytes, no control characters but new lines and tabs", is_prose
);
text!(
    /// What an asker calls a request for an approval.
    RequestId, "request id", 64, "1 to 64 visible ASCII characters without spaces", is_visible
);
text!(
    /// What an agent wants to use.
    ToolName, "tool", 128, "1 to 128 visible ASCII characters without spaces", is_visible
);
text!(
    /// What an agent would call a tool with, shortened.
    InputPreview, "input preview", 4096, "1 to 4,096 bytes, no control characters but new lines and tabs", is_prose
);
text!(
    /// Name of a meta field of an event.
    MetaKey, "meta key", 64, "1 to 64 of A-Z a-z 0-9 - _ . : / @", is_tag
);
text!(
    /// Value of a meta field of an event.
    MetaValue, "meta value", 1024, "1 to 1,024 bytes without control characters", is_line
);
text!(
    /// A source's name in its team, and the end of its path.
    Slug, "source name", 63, "1 to 63 of a-z, 0-9 and '-'", is_slug
);
text!(
    /// A secret's name in its source. Not secret.
    SecretName, "secret name", 63, "1 to 63 of a-z, 0-9 and '-'", is_slug
);
text!(
    /// Names the key that a secret is sealed under. Not secret.
    KeyId, "key id", 63, "1 to 63 of a-z, 0-9 and '-'", is_slug
);
text!(
    /// Name of a skill that an agent is told to run.
    Skill, "skill", 128, "1 to 128 visible ASCII characters without spaces", is_visible
);
text!(
    /// What an agent is told to do, in words.
    Prompt, "prompt", 32_768, "1 to 32,768 bytes, no control characters but new lines and tabs", is_prose
);
text!(
    /// When a cron fires, such as `0 9 * * MON-FRI`. What it means is for whoever proposes.
    ScheduleText, "schedule", 256, "1 to 256 bytes without control characters", is_line
);
text!(
    /// A time zone by its IANA name.
    ZoneName, "zone", 64, "1 to 64 visible ASCII characters without spaces", is_visible
);
