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
    /// Name of a meta field of an event.
    MetaKey, "meta key", 64, "1 to 64 of A-Z a-z 0-9 - _ . : / @", is_tag
);
text!(
    /// Value of a meta field of an event.
    MetaValue, "meta value", 1024, "1 to 1,024 bytes without control characters", is_line
);
