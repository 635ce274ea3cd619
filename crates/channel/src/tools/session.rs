//! Other sessions, and what is said to them.

use ackord_client::v1::{self, SessionState};
use schemars::JsonSchema;
use serde::Deserialize;

use super::args::{Urgency, stated};
use super::{Told, Tools, said, words};

/// Sessions that are listed at the most.
const LISTED_MAX: u32 = 200;

/// A message, as a model says it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendArgs {
    /// To whom: tags with commas between, or * for every tag that has a session attached now
    target: String,
    /// What to say
    message: String,
    /// Its precedence
    priority: Option<Urgency>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplyArgs {
    /// What to say
    message: String,
    /// The message that is answered; left out: the one at hand
    event_id: Option<String>,
    /// Its precedence
    priority: Option<Urgency>,
}

impl SendArgs {
    /// The message of these words.
    pub(super) fn message(self) -> Result<v1::Message, String> {
        let mut message = v1::Message {
            text: self.message,
            ..v1::Message::default()
        };
        message.set_class(self.priority.map(Into::into).unwrap_or_default());
        if self.target.trim() == "*" {
            message.broadcast = true;
            return Ok(message);
        }
        let tags = self.target.split(',').map(str::trim);
        message.tags = tags
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect();
        match message.tags.is_empty() {
            true => Err(
                "target names nobody: write tags with commas between. Nothing was sent".to_owned(),
            ),
            false => Ok(message),
        }
    }
}

/// `session_send`.
pub(super) async fn send(tools: &Tools, args: SendArgs) -> Told {
    let message = args.message()?;
    let (tags, everybody) = (message.tags.clone(), message.broadcast);
    let sent = sent(tools, message).await?;
    let tags = if everybody { heard(&sent) } else { tags };
    let tags = tags.join(", ");
    Ok(format!(
        "Sent to {tags}: it waits there until somebody reads it."
    ))
}

/// The tags that a message to everybody went to, each with the event that it is there.
fn heard(sent: &v1::Sent) -> Vec<String> {
    let copies = sent.tags.iter().zip(&sent.events);
    let copy = |(tag, event): (&String, &v1::Submitted)| match tag.as_str() {
        "" => event.event_id.clone(),
        tag => format!("{tag} ({})", event.event_id),
    };
    copies.map(copy).collect()
}

/// `session_reply`.
pub(super) async fn reply(tools: &Tools, args: ReplyArgs) -> Told {
    let event_id = tools.event_id(stated(args.event_id)).await?;
    let mut message = v1::Message {
        text: args.message,
        in_reply_to: event_id.clone(),
        ..v1::Message::default()
    };
    message.set_class(args.priority.map(Into::into).unwrap_or_default());
    sent(tools, message).await?;
    Ok(format!(
        "Answered {event_id}. The event itself still wants its event_ack."
    ))
}

/// In the name of this session, so that whoever reads it can answer.
async fn sent(tools: &Tools, message: v1::Message) -> Result<v1::Sent, String> {
    let question = v1::SendRequest {
        message: Some(message),
        session_key: tools.about.key.clone(),
        nonce: tools.about.nonce,
        ..v1::SendRequest::default()
    };
    said(tools.client()?.send(question).await)
}

/// `session_list`.
pub(super) async fn list(tools: &Tools) -> Told {
    let question = v1::ListSessionsRequest {
        page_size: LISTED_MAX,
        ..v1::ListSessionsRequest::default()
    };
    let answer = said(tools.client()?.list_sessions(question).await)?;
    let own = &tools.about.key;
    let lines = answer.sessions.iter().map(|it| line(it, it.key == *own));
    Ok(words::list("No session is known.", lines))
}

fn line(it: &v1::Session, is_own: bool) -> String {
    let tag = match it.tag.as_str() {
        "" => "(untagged)",
        tag => tag,
    };
    let own = if is_own { " (this session)" } else { "" };
    let deaf = match it.accepts_messages {
        true => "",
        false => ", takes no messages",
    };
    format!(
        "{tag}: {}{own}: {}{deaf}, last seen {}",
        it.key,
        state(it),
        words::time(it.seen_at_ms)
    )
}

fn state(it: &v1::Session) -> String {
    let since = match it.state_since_ms {
        0 => String::new(),
        at => format!(" since {}", words::time(at)),
    };
    let fence = it.lease.as_ref().and_then(|it| it.fence.as_ref());
    let event = fence.map_or("an event", |it| it.event_id.as_str());
    match it.state() {
        SessionState::Idle => "idle".to_owned(),
        SessionState::Working => format!("on {event}{since}"),
        SessionState::Blocked => format!("blocked: waits for an approval{since}"),
        SessionState::Deaf => "deaf: it let an event lie".to_owned(),
        SessionState::Unreachable => "unreachable".to_owned(),
        SessionState::Offline => format!("offline{since}"),
        SessionState::Unspecified => "in a state that this adapter does not know".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_listed_with_what_it_does_and_since_when() {
        let shown = |state: SessionState, since| {
            let mut session = v1::Session {
                key: "agent".to_owned(),
                state_since_ms: since,
                accepts_messages: state != SessionState::Blocked,
                ..v1::Session::default()
            };
            session.set_state(state);
            line(&session, false)
        };
        let idle = "(untagged): agent: idle, last seen 1970-01-01T00:00:00Z";
        assert_eq!(shown(SessionState::Idle, 0), idle);
        let working = shown(SessionState::Working, 60_000);
        assert!(working.contains("on an event since 1970-01-01T00:01:00Z"));
        let blocked = shown(SessionState::Blocked, 0);
        assert!(blocked.contains("waits for an approval, takes no messages, last"));
    }

    #[test]
    fn whoever_heard_a_message_to_everybody_is_named_with_its_event() {
        let event = |id: &str| v1::Submitted {
            event_id: id.to_owned(),
            ..v1::Submitted::default()
        };
        let sent = v1::Sent {
            events: vec![event("evt_1"), event("evt_2")],
            tags: vec!["build".to_owned(), String::new()],
            position: None,
        };
        assert_eq!(heard(&sent), ["build (evt_1)", "evt_2"]);
    }

    #[test]
    fn a_target_is_tags_or_everybody() {
        let to = |target: &str| {
            let args = SendArgs {
                target: target.to_owned(),
                message: "hello".to_owned(),
                priority: None,
            };
            args.message().map(|it| (it.tags, it.broadcast))
        };
        let tags = vec!["build".to_owned(), "review".to_owned()];
        assert_eq!(to(" build, review,"), Ok((tags, false)));
        assert_eq!(to("*"), Ok((vec![], true)));
        assert!(to(" , ").is_err());
    }
}
