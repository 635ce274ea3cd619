//! What the machine says, in words.

use ackord_core::action::{Action, CloseCause, RevokeCause};
use ackord_core::answer::{Answer, Reply, Taken};
use ackord_core::command::Fence;
use ackord_core::id::{EventId, NodeId, SessionId, TokenId};
use ackord_core::model::DeadCause;
use ackord_core::time::{Millis, Timestamp};

use super::world::World;

impl World {
    pub(crate) fn say_answer(&self, answer: &Answer) -> String {
        match answer {
            Ok(reply) => self.say_reply(reply),
            Err(rejection) => format!("refused: {rejection}"),
        }
    }

    fn say_reply(&self, reply: &Reply) -> String {
        match reply {
            Reply::Ok => String::from("ok"),
            Reply::Team(id) => format!("{id}"),
            Reply::Token(id) => format!("{id}"),
            Reply::Node(id) => format!("{id}"),
            Reply::Queue(_, revision) => format!("revision {revision}"),
            Reply::Submitted(id, taken) => {
                let event = self.say_event(*id);
                match taken {
                    Taken::Accepted => format!("accepted {event}"),
                    Taken::Duplicate => format!("duplicate of {event}"),
                    Taken::Conflict => format!("conflict with {event}"),
                }
            }
            Reply::Attached(id, stream) => {
                format!("attached {}, stream {stream}", self.say_session(*id))
            }
            Reply::Acked {
                at, again, emitted, ..
            } => {
                let again = if *again { ", again" } else { "" };
                let emitted = self.say_emitted(emitted);
                format!("acked at {}{again}{emitted}", self.say_time(*at))
            }
            Reply::Retrying { until } => format!("retrying at {}", self.say_time(*until)),
            Reply::Dead(cause) => format!("dead: {}", say_cause(*cause)),
            Reply::Extended(items) => {
                let say = |it: &Result<Timestamp, _>| match it {
                    Ok(until) => format!("until {}", self.say_time(*until)),
                    Err(rejection) => format!("refused: {rejection}"),
                };
                items.iter().map(say).collect::<Vec<_>>().join("; ")
            }
            Reply::HandedOff { position, again } => {
                let again = if *again { ", again" } else { "" };
                format!("handed off to {position}{again}")
            }
            Reply::Effect(outcome, effect) => self.say_effect_answer(*outcome, effect),
            Reply::Sent(sent) => self.say_sent(sent),
            Reply::Broadcast(sent) => self.say_broadcast(sent),
            Reply::Replayed(position) => format!("replayed at {position}"),
            Reply::Job(id) => format!("{id}"),
            Reply::Detaching(left) => format!("{left} left"),
            Reply::Ticked { done } => format!("ticked {done}"),
            Reply::Source(id, revision) => format!("{id}, revision {revision}"),
            Reply::Paired(None) => String::from("pairing closed"),
            Reply::Paired(Some(until)) => format!("pairing until {}", self.say_time(*until)),
            Reply::Cron(id, revision) => format!("{id}, revision {revision}"),
            Reply::Decided(fate) => self.say_fate(*fate),
            Reply::Received(receipt) => self.say_receipt(receipt),
            Reply::Approval(it) => self.say_approval(it),
        }
    }

    pub(crate) fn say_action(&self, action: &Action) -> String {
        match action {
            Action::Deliver {
                node,
                session,
                stream,
                fence,
            } => format!(
                "deliver {} to {}",
                self.say_fence(*fence),
                self.say_stream(*session, *node, *stream)
            ),
            Action::Revoke {
                node,
                session,
                stream,
                fence,
                cause,
            } => {
                let cause = match cause {
                    RevokeCause::Preempted => "preempted",
                    RevokeCause::Cancelled => "cancelled",
                    RevokeCause::Expired => "expired",
                    RevokeCause::Finished => "finished",
                };
                format!(
                    "revoke {} from {}: {cause}",
                    self.say_fence(*fence),
                    self.say_stream(*session, *node, *stream)
                )
            }
            Action::Close {
                node,
                session,
                stream,
                cause,
            } => {
                let cause = match cause {
                    CloseCause::Superseded => "superseded",
                    CloseCause::Revoked => "revoked",
                    CloseCause::Forgotten => "forgotten",
                };
                format!(
                    "close {}: {cause}",
                    self.say_stream(*session, *node, *stream)
                )
            }
            Action::TokenEnded(token) => format!("token {} ended", self.say_token(*token)),
        }
    }

    pub(crate) fn say_fence(&self, fence: Fence) -> String {
        format!("{}/{}", self.say_event(fence.event), fence.delivery)
    }

    pub(crate) fn say_event(&self, id: EventId) -> String {
        let known = self.events.iter().find(|it| *it.1 == id);
        known.map_or_else(|| id.to_string(), |it| it.0.clone())
    }

    pub(crate) fn say_session(&self, id: SessionId) -> String {
        self.sessions
            .get(&id)
            .cloned()
            .unwrap_or_else(|| id.to_string())
    }

    /// A session, with its node and stream where they are not the first ones.
    fn say_stream(&self, id: SessionId, node: NodeId, stream: u64) -> String {
        let name = self.say_session(id);
        match (node, stream) {
            (NodeId(1), 1) => name,
            (NodeId(1), stream) => format!("{name} (stream {stream})"),
            (node, stream) => format!("{name} ({node}, stream {stream})"),
        }
    }

    pub(super) fn say_token(&self, id: TokenId) -> String {
        let known = self.tokens.iter().find(|it| *it.1 == id);
        known.map_or_else(|| id.to_string(), |it| it.0.clone())
    }

    pub(crate) fn say_time(&self, at: Timestamp) -> String {
        say_span(Self::since_begin(at))
    }
}

pub(crate) fn say_cause(cause: DeadCause) -> &'static str {
    match cause {
        DeadCause::Attempts => "attempts",
        DeadCause::Undeliverable => "undeliverable",
        DeadCause::Expired => "expired",
        DeadCause::Rejected => "rejected",
        DeadCause::Unmatched => "unmatched",
    }
}

/// `1h2m3.004s`, without what is zero.
pub(crate) fn say_span(span: Millis) -> String {
    let (days, rest) = (span.0 / 86_400_000, span.0 % 86_400_000);
    let (hours, rest) = (rest / 3_600_000, rest % 3_600_000);
    let (minutes, rest) = (rest / 60_000, rest % 60_000);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    let mut said = String::new();
    for (number, unit) in [(days, "d"), (hours, "h"), (minutes, "m")] {
        if number > 0 {
            said.push_str(&format!("{number}{unit}"));
        }
    }
    if millis > 0 {
        said.push_str(&format!("{seconds}.{millis:03}s"));
    } else if seconds > 0 || said.is_empty() {
        said.push_str(&format!("{seconds}s"));
    }
    said
}
