//! The other sessions of the team.

use std::collections::BTreeSet;
use std::time::Duration;

use ackord_proto::v1;
use ackord_proto::v1::SessionState;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Answer, Asker, present};
use crate::cluster::{is_undecided, words};
use crate::frame::SessionSend;
use crate::time::iso;

const EVERYBODY: &str = "*";
/// Before a message is proposed again.
const BREATH: Duration = Duration::from_millis(200);

pub(super) async fn send(asker: &Asker, asked: SessionSend) -> Answer {
    let tags: Vec<String> = asked
        .targets
        .iter()
        .map(|it| it.trim().to_owned())
        .collect();
    if tags.is_empty() || tags.iter().any(String::is_empty) {
        return Err("say to whom: the tags of sessions, or * for all that are attached".to_owned());
    }
    let broadcast = tags.iter().any(|it| it == EVERYBODY);
    if broadcast && tags.len() > 1 {
        return Err("either * for everybody who is attached, or tags: not both".to_owned());
    }
    let mut message = v1::Message {
        tags: if broadcast { Vec::new() } else { tags.clone() },
        broadcast,
        text: asked.content,
        ..v1::Message::default()
    };
    message.set_class(asked.priority.map(Into::into).unwrap_or_default());
    let sent = propose(asker, message).await?;
    if broadcast {
        // Somebody was there for each copy when it got its place.
        return Ok(json!({ "sent": sent.events.len(), "queued": 0 }));
    }
    let attached = present::attached(asker).await.unwrap_or_default();
    let present: BTreeSet<&str> = attached.iter().map(|it| it.tag.as_str()).collect();
    let (there, away): (Vec<_>, Vec<_>) = tags.iter().partition(|it| present.contains(&***it));
    Ok(json!({ "sent": there.len(), "queued": away.len() }))
}

/// Sends a message once, however often it is proposed: where the cluster has not decided, as during a change
/// of the leader, it is proposed again under the same key.
async fn propose(asker: &Asker, message: v1::Message) -> Result<v1::Sent, String> {
    let question = v1::SendRequest {
        message: Some(message),
        session_key: asker.key.clone(),
        nonce: asker.nonce,
        dedup_key: format!("{:032x}", rand::random::<u128>()),
        ..v1::SendRequest::default()
    };
    let cluster = &asker.cluster;
    loop {
        let request = cluster.call(question.clone());
        match cluster.messages().send(request).await {
            Ok(answer) => return Ok(answer.into_inner().sent.unwrap_or_default()),
            // The request has a time in which it is given up.
            Err(status) if is_undecided(&status) => sleep(BREATH).await,
            Err(status) => return Err(words(&status)),
        }
    }
}

pub(super) async fn list(asker: &Asker) -> Answer {
    let shown = |it: &v1::Session| {
        let tag = Some(it.tag.as_str()).filter(|it| !it.is_empty());
        json!({
            "sessionTag": tag,
            "current": it.key == asker.key,
            "id": it.id,
            "state": state(it.state()),
            "lastSeen": iso(it.seen_at_ms),
        })
    };
    let sessions = present::attached(asker).await?;
    Ok(Value::Array(sessions.iter().map(shown).collect()))
}

const fn state(it: SessionState) -> &'static str {
    match it {
        SessionState::Idle => "idle",
        SessionState::Working => "working",
        SessionState::Deaf => "deaf",
        SessionState::Unreachable => "unreachable",
        SessionState::Offline => "offline",
        SessionState::Blocked => "blocked",
        SessionState::Unspecified => "unknown",
    }
}
