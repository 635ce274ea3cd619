//! What a sender is answered.

use ackord_core::id::EventId;
use ackord_proto::v1::RequestOutcome as Outcome;
use bytes::Bytes;

/// An answer of HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
    /// The sender may come again after so many seconds.
    pub retry_after_s: Option<u64>,
}

/// What every name of an outcome begins with.
const PREFIX: &str = "REQUEST_OUTCOME_";

/// The name of an outcome, as senders and figures have it.
pub(crate) fn name(outcome: Outcome) -> String {
    let name = outcome.as_str_name();
    name.trim_start_matches(PREFIX).to_ascii_lowercase()
}

impl Reply {
    /// "We have it." Always status 200: some senders take any other one for a failure.
    pub(crate) fn taken(outcome: Outcome, events: &[EventId]) -> Self {
        // Ids and names need no escape.
        let events: Vec<_> = events.iter().map(|it| format!("\"{it}\"")).collect();
        let (outcome, events) = (name(outcome), events.join(","));
        let body = format!("{{\"outcome\":\"{outcome}\",\"events\":[{events}]}}");
        Self::ok("application/json", body)
    }

    /// An answer to a handshake.
    pub(crate) fn ok(content_type: &'static str, body: String) -> Self {
        Self {
            status: 200,
            content_type,
            body: body.into(),
            retry_after_s: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_told_the_events() {
        let event = EventId::new(1, 2);
        let reply = Reply::taken(Outcome::Duplicate, &[event]);
        let expected = format!("{{\"outcome\":\"duplicate\",\"events\":[\"{event}\"]}}");
        assert_eq!(reply.body, expected.as_bytes());
        let reply = Reply::taken(Outcome::Dropped, &[]);
        assert_eq!(&reply.body[..], br#"{"outcome":"dropped","events":[]}"#);
    }
}
