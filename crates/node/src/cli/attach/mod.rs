//! `ackord attach`: events come out.

mod exec;
mod view;

use std::io;

use ackord_client::{Delivery, Ended, Loss, Nack, SessionOptions};
use clap::Args;
use serde::Serialize;

use super::connection::Connection;
use super::failure::Failure;
use super::output::{Output, note};
use super::stop::Stop;
use exec::Exec;
use view::DeliveryView;

/// How to take events.
#[derive(Debug, Args)]
pub(crate) struct Attach {
    /// Take events of this queue; not said: of the team's untagged queue
    #[arg(long)]
    tag: Option<String>,
    /// Name of the session: the same one again takes it over; not said: one drawn for this run
    #[arg(long, value_name = "KEY")]
    session: Option<String>,
    /// Run this in a shell for each event, with the body on its input; exit 0 acknowledges, all
    /// else gives the event back
    ///
    /// Its environment has the facts: ACKORD_EVENT_ID, ACKORD_DELIVERY, ACKORD_EVENT_TYPE,
    /// ACKORD_CONTENT_TYPE, ACKORD_TAG, ACKORD_CLASS, ACKORD_ORDERING_KEY, ACKORD_ATTEMPTS,
    /// ACKORD_ATTEMPTS_MAX, ACKORD_NOTE, ACKORD_REPLAYED_FROM, what its route says to do in ACKORD_SKILL
    /// or ACKORD_PROMPT, and ACKORD_META as a JSON object. What it prints is passed on; where that cannot be
    /// written, the exit counts all the same, and no further event is taken.
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
    /// With --exec: the last line that the command prints is the summary
    #[arg(long, requires = "exec")]
    summary: bool,
    /// Stop after one event
    #[arg(long)]
    once: bool,
    /// Let no messages be sent to the tag for as long as this session is there
    #[arg(long)]
    no_messages: bool,
    /// Print at most so many bytes of a body, which is shown as an agent gets to read it
    #[arg(long, value_name = "COUNT", default_value_t = 2000)]
    body_bytes: usize,
}

/// What became of a delivery here.
enum End {
    Acked,
    Nacked(String),
    Lost(Loss),
}

/// How work on a delivery ended here.
struct Taken {
    end: Result<End, Failure>,
    /// Fails if what the command printed could not be passed on. That is no reason to do its work again.
    passed_on: Result<(), Failure>,
}

/// The same, for programs.
#[derive(Serialize)]
struct EndView<'a> {
    event_id: &'a str,
    delivery: u32,
    end: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Attach {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let key = self.session.clone().unwrap_or_else(drawn_key);
        let options = SessionOptions {
            tag: self.tag.clone(),
            accept_messages: !self.no_messages,
            ..SessionOptions::new(&key)
        };
        let mut stop = Stop::listen()?;
        let mut session = connection.client()?.attach(options).await?;
        let queue = super::queue::name(self.tag.as_deref().unwrap_or_default());
        note(format!(
            "attached to {queue} as {key} ({}); Ctrl-C ends it",
            session.id()
        ));
        let held = loop {
            let delivery = tokio::select! {
                biased;
                () = stop.asked() => break None,
                next = session.next() => next?,
            };
            let Taken { end, passed_on } = tokio::select! {
                biased;
                () = stop.asked() => break Some(delivery),
                taken = self.take(&delivery, output) => taken,
            };
            let end = self.told(&delivery, end, output);
            // What nobody can read is not worth the next event's work.
            if self.once || passed_on.is_err() {
                session.bye().await;
                return passed_on.and(end);
            }
        };
        // What is held goes back whole: with the session, not as a failed attempt.
        session.bye().await;
        drop(held);
        Ok(())
    }

    /// Works on one delivery until it ends.
    async fn take(&self, delivery: &Delivery, output: Output) -> Taken {
        let (event, number) = (&delivery.event_id, delivery.number);
        if self.exec.is_some() && !output.is_json() {
            // The data is what the command prints.
            note(format!(
                "{event} delivery {number}: {}",
                delivery.event_type
            ));
        } else {
            output.card(&DeliveryView::new(delivery, self.body_bytes));
        }
        let Some(command) = &self.exec else {
            note(format!(
                "when its work is done:  {} ack {event} {number} --summary \"what you did\"\n",
                super::program()
            ));
            return Taken::lost(delivery.keep().await);
        };
        let exec = Exec {
            command,
            tag: self.tag.as_deref(),
            output,
        };
        let finished = tokio::select! {
            biased;
            finished = exec.run(delivery) => finished,
            loss = delivery.keep() => return Taken::lost(loss),
        };
        Taken {
            end: self.answer(delivery, finished.work).await,
            passed_on: finished.passed_on.map_err(|it| unwritten(&it)),
        }
    }

    /// Answers a delivery as its work has ended.
    async fn answer(
        &self,
        delivery: &Delivery,
        work: Result<String, String>,
    ) -> Result<End, Failure> {
        match work {
            Ok(last_line) => {
                let summary = if self.summary {
                    last_line
                } else {
                    String::new()
                };
                delivery.ack(summary).await?;
                Ok(End::Acked)
            }
            Err(reason) => {
                delivery.nack(Nack::retry(&reason)).await?;
                Ok(End::Nacked(reason))
            }
        }
    }

    /// Tells how a delivery ended.
    ///
    /// # Errors
    /// Its work was not done.
    fn told(
        &self,
        delivery: &Delivery,
        end: Result<End, Failure>,
        output: Output,
    ) -> Result<(), Failure> {
        let event_id = delivery.event_id.as_str();
        let (end, reason, outcome) = match end {
            Ok(End::Acked) => ("acked", None, Ok(())),
            Ok(End::Lost(Loss::Finished)) => ("answered", None, Ok(())),
            Ok(End::Nacked(reason)) => (
                "nacked",
                Some(reason),
                Err(Failure::failed("the event was given back")),
            ),
            Ok(End::Lost(loss)) => (
                "lost",
                Some(loss.to_string()),
                Err(Failure::failed(format!("lost: {loss}"))),
            ),
            Err(failure) => ("failed", Some(failure.to_string()), Err(failure)),
        };
        if output.is_json() {
            let delivery = delivery.number;
            output.done(
                &EndView {
                    event_id,
                    delivery,
                    end,
                    reason,
                },
                "",
            );
        } else {
            let reason = reason.map_or_else(String::new, |it| format!(": {it}"));
            note(format!("{event_id} {end}{reason}"));
        }
        outcome
    }
}

impl Taken {
    fn lost(loss: Loss) -> Self {
        Self {
            end: Ok(End::Lost(loss)),
            passed_on: Ok(()),
        }
    }
}

/// Why no more events are taken, though the work on this one counts.
fn unwritten(error: &io::Error) -> Failure {
    let what = format!("what the command prints cannot be written: {error}");
    Failure::failed(what)
        .next("attach again with an output that takes it; the event's work counts as it ended")
}

/// A name that no other session has.
fn drawn_key() -> String {
    format!("cli-{:08x}", rand::random::<u32>())
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        let what = ended.to_string();
        match ended {
            Ended::Superseded => Self::failed(what)
                .next("give this session a name of its own with --session, or end the other one"),
            Ended::Revoked => Self::failed(what).next("name another token with --token-file"),
            Ended::Refused(refusal) => ackord_client::Error::Refused(refusal).into(),
            Ended::Bye | Ended::Failed(_) => Self::failed(what),
        }
    }
}
