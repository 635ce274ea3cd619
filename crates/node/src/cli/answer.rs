//! `ackord ack`, `nack`, `extend`: answers to a delivery from outside of its session.

use std::time::Duration;

use ackord_client::v1::{self, extend_result, nacked};
use ackord_client::{Error, Refusal};
use clap::Args;
use serde::Serialize;

use super::connection::Connection;
use super::emits::{self, Emits};
use super::event::dead_cause;
use super::failure::Failure;
use super::output::Output;
use super::values::{length, millis, pair, time};

/// Which delivery.
#[derive(Debug, Clone, Args)]
pub(crate) struct Fence {
    /// The event's id
    event: String,
    /// Number of the delivery, as `ackord attach` shows it
    delivery: u32,
}

/// The work is done.
#[derive(Debug, Args)]
pub(crate) struct Ack {
    #[command(flatten)]
    fence: Fence,
    /// What was done, for the history
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    summary: String,
    /// An effect that is done, and what came of it; may be said several times
    #[arg(long = "effect", value_name = "KEY=RESULT", value_parser = pair)]
    effects: Vec<(String, String)>,
    #[command(flatten)]
    emits: Emits,
}

/// How far the work is.
#[derive(Debug, Args)]
pub(crate) struct Checkpoint {
    #[command(flatten)]
    fence: Fence,
    /// What whoever goes on with it should know
    #[arg(long, value_name = "TEXT")]
    note: String,
}

/// The work is not done.
#[derive(Debug, Args)]
pub(crate) struct Nack {
    #[command(flatten)]
    fence: Fence,
    /// Nobody should try again: make it a dead letter
    #[arg(long)]
    reject: bool,
    /// Wait so long before the next try, instead of the usual backoff
    #[arg(long, value_name = "LENGTH", value_parser = length, conflicts_with = "reject")]
    delay: Option<Duration>,
    /// Why, in one line
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    reason: String,
    /// What the next session should know
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    note: String,
}

/// The work goes on.
#[derive(Debug, Args)]
pub(crate) struct Extend {
    #[command(flatten)]
    fence: Fence,
    /// Replaces the checkpoint note, which the next session is told
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    note: String,
}

#[derive(Serialize)]
struct Acked {
    event_id: String,
    delivery: u32,
    acked_at: Option<String>,
    again: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    emitted: Vec<Vec<String>>,
}

#[derive(Serialize)]
struct Noted {
    event_id: String,
    delivery: u32,
}

#[derive(Serialize)]
struct Nacked {
    event_id: String,
    delivery: u32,
    retry_at: Option<String>,
    dead_cause: Option<String>,
}

#[derive(Serialize)]
struct Extended {
    event_id: String,
    delivery: u32,
    until: Option<String>,
}

impl Fence {
    /// The event and the number.
    pub(crate) fn parts(self) -> (String, u32) {
        (self.event, self.delivery)
    }

    pub(crate) fn on_the_wire(&self) -> Option<v1::Fence> {
        Some(v1::Fence {
            event_id: self.event.clone(),
            delivery: self.delivery,
        })
    }
}

impl Ack {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let ack = v1::Ack {
            fence: self.fence.on_the_wire(),
            summary: self.summary,
            effects: self.effects.into_iter().map(completion).collect(),
            emits: self.emits.read()?,
        };
        let answer = connection
            .client()?
            .ack(v1::AckRequest { ack: Some(ack) })
            .await?;
        let v1::Acked {
            at_ms,
            again,
            emitted,
            ..
        } = answer.acked.unwrap_or_default();
        let Fence { event, delivery } = self.fence;
        let earlier = if again { " (it was already)" } else { "" };
        let sentence = format!("acknowledged {event}{earlier}");
        let view = Acked {
            event_id: event,
            delivery,
            acked_at: time(at_ms),
            again,
            emitted: emits::ids(emitted),
        };
        output.done(&view, &sentence);
        Ok(())
    }
}

fn completion((key, result): (String, String)) -> v1::EffectCompletion {
    v1::EffectCompletion { key, result }
}

impl Checkpoint {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let checkpoint = v1::Checkpoint {
            fence: self.fence.on_the_wire(),
            note: self.note,
        };
        let question = v1::CheckpointRequest {
            checkpoint: Some(checkpoint),
        };
        connection.client()?.checkpoint(question).await?;
        let (event_id, delivery) = self.fence.parts();
        let sentence = format!("noted how far {event_id} is");
        output.done(&Noted { event_id, delivery }, &sentence);
        Ok(())
    }
}

impl Nack {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let nack = v1::Nack {
            fence: self.fence.on_the_wire(),
            reject: self.reject,
            delay_ms: self.delay.map(millis),
            reason: self.reason,
            note: self.note,
        };
        let answer = connection
            .client()?
            .nack(v1::NackRequest { nack: Some(nack) })
            .await?;
        let (mut retry_at, mut dead) = (None, None);
        match answer.nacked.and_then(|it| it.next) {
            Some(nacked::Next::RetryAtMs(at)) => retry_at = time(at),
            Some(nacked::Next::Dead(cause)) => {
                dead = v1::DeadCause::try_from(cause).ok().and_then(dead_cause);
            }
            None => {}
        }
        let Fence { event, delivery } = self.fence;
        let sentence = match (&retry_at, &dead) {
            (_, Some(cause)) => format!("{event} is a dead letter now ({cause})"),
            (Some(at), None) => format!("{event} is tried again at {at}"),
            (None, None) => format!("{event} went back"),
        };
        let view = Nacked {
            event_id: event,
            delivery,
            retry_at,
            dead_cause: dead,
        };
        output.done(&view, &sentence);
        Ok(())
    }
}

impl Extend {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let item = v1::Extension {
            fence: self.fence.on_the_wire(),
            note: self.note,
        };
        let question = v1::ExtendRequest { items: vec![item] };
        let answer = connection.client()?.extend(question).await?;
        let until = match answer.results.into_iter().next().and_then(|it| it.result) {
            Some(extend_result::Result::Extended(it)) => time(it.until_ms),
            Some(extend_result::Result::Refusal(it)) => {
                return Err(Error::Refused(Box::new(Refusal::from(it))).into());
            }
            None => return Err(Error::Unknown("the server sent no answer".to_owned()).into()),
        };
        let Fence { event, delivery } = self.fence;
        let sentence = match &until {
            Some(until) => format!("the lease of {event} holds until {until}"),
            None => format!("the lease of {event} goes on"),
        };
        output.done(
            &Extended {
                event_id: event,
                delivery,
                until,
            },
            &sentence,
        );
        Ok(())
    }
}
