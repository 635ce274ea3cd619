//! The event at hand: to get it, to answer it, to keep it.

use std::time::Duration;

use ackord_client::v1::{self, nacked};
use ackord_client::{Ack, Delivery, Nack};
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Meaning, Named, Words, told};
use super::args::stated;
use super::parcel::{CronsArgs, Parcel};
use super::session::SendArgs;
use super::{Told, Tools, words};
use crate::page;
use crate::room::{Next, Note};

/// A call that takes longer than two minutes is moved aside by some hosts.
const WAIT_MAX: u32 = 100;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NextArgs {
    /// Wait up to so many seconds for an event, at most 100; 0 if left out: look and answer at once
    #[schemars(range(max = 100))]
    wait_seconds: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AckArgs {
    /// What was done, in a line or a few: it is kept in the history
    summary: Option<String>,
    /// The event, such as evt_01k4…; left out: the one at hand
    event_id: Option<String>,
    /// The delivery that you were shown (ackord_delivery): the ack counts for no other
    delivery: Option<u32>,
    /// Messages to other sessions that go with the ack: all of it counts, or nothing
    #[serde(default)]
    messages: Vec<SendArgs>,
    /// Changes of crons that go with the ack, one of each cron: all of it counts, or nothing
    #[serde(default)]
    crons: CronsArgs,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NackArgs {
    /// Why, in one line
    reason: Option<String>,
    /// The event, such as evt_01k4…; left out: the one at hand
    event_id: Option<String>,
    /// The delivery that you were shown (ackord_delivery)
    delivery: Option<u32>,
    /// Nobody should try again: the event becomes a dead letter
    #[serde(default)]
    reject: bool,
    /// Try again after so many seconds at the earliest, up to a day; left out: the usual backoff
    #[schemars(range(max = 86_400))]
    delay_seconds: Option<u32>,
    /// What whoever tries next should know
    note: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtendArgs {
    /// The event, such as evt_01k4…; left out: the one at hand
    event_id: Option<String>,
    /// The delivery that you were shown (ackord_delivery)
    delivery: Option<u32>,
    /// How far the work is: kept for whoever has the event next, in place of an earlier note
    note: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointArgs {
    /// What is done and what is left, for whoever has the event next: up to 16,384 bytes
    note: String,
    /// The event, such as evt_01k4…; left out: the one at hand
    event_id: Option<String>,
    /// The delivery that you were shown (ackord_delivery)
    delivery: Option<u32>,
}

/// `event_next`.
pub(super) async fn next(tools: &Tools, args: NextArgs) -> Told {
    let wait = args.wait_seconds.unwrap_or_default().min(WAIT_MAX);
    let wait = Duration::from_secs(wait.into());
    let next = tools.room.ask(|reply| Note::Next(wait, reply)).await;
    match next {
        Some(Next::Event(handed)) => {
            let is_confirmed = handed.is_confirmed;
            let delivery = handed.take().await;
            let shown_bytes = tools.about.shown_bytes;
            Ok(page::answer(
                &delivery,
                is_confirmed,
                shown_bytes,
                rand::random(),
            ))
        }
        Some(Next::Nothing(linked)) => words::no_event(&linked, tools.about.tag.as_deref()),
        None => Err("this adapter is ending".to_owned()),
    }
}

/// `event_ack`.
pub(super) async fn ack(tools: &Tools, args: AckArgs) -> Told {
    let words = Words::of_ack(&args);
    let messages = Parcel::of_messages(args.messages)?;
    let summary = args.summary.unwrap_or_default();
    let named = Named {
        event_id: args.event_id,
        delivery: args.delivery,
    };
    let delivery = match tools.meant_by(words, named).await? {
        Meaning::Of(delivery) => delivery,
        Meaning::Before(told) => return Ok(told),
    };
    let (names, emits) = messages.with_crons(tools, args.crons).await?.open();
    let ack = emits.into_iter().fold(Ack::new(&summary), Ack::emit);
    let bring = |it: Delivery| async move { it.ack_with(ack).await };
    let acked = tools.settle(&delivery, words, bring).await;
    let acked = acked.map_err(|why| names.tell(&why))?;
    if !acked.again {
        tools.desktop.completed(&delivery.event_type, &summary);
    }
    let id = &delivery.event_id;
    Ok(match acked.again {
        true => format!("{id} was acknowledged before; that counts."),
        false => format!(
            "Acknowledged {id}.{} The next event, if there is one, comes by itself.",
            went_out(&acked)
        ),
    })
}

/// What went out with the ack.
fn went_out(acked: &v1::Acked) -> String {
    let crons = acked.emitted.iter().map(|it| it.cron_id.as_str());
    let events = acked.emitted.iter().flat_map(|it| &it.event_ids);
    let ids = events.map(String::as_str).chain(crons);
    let ids: Vec<&str> = ids.filter(|it| !it.is_empty()).collect();
    match ids.is_empty() {
        true => String::new(),
        false => format!(" With it went {}.", ids.join(", ")),
    }
}

/// `event_nack`.
pub(super) async fn nack(tools: &Tools, args: NackArgs) -> Told {
    if args.reject && args.delay_seconds.is_some() {
        return Err("reject and delay_seconds exclude each other. Nothing was done".to_owned());
    }
    let reason = args.reason.unwrap_or_default();
    let mut nack = match args.reject {
        true => Nack::reject(reason),
        false => Nack::retry(reason),
    };
    if let Some(seconds) = args.delay_seconds {
        nack = nack.delay(Duration::from_secs(seconds.into()));
    }
    if let Some(note) = stated(args.note) {
        nack = nack.note(note);
    }
    let named = Named {
        event_id: args.event_id,
        delivery: args.delivery,
    };
    let words = Words::of_nack(&named, &nack);
    let delivery = match tools.meant_by(words, named).await? {
        Meaning::Of(delivery) => delivery,
        Meaning::Before(told) => return Ok(told),
    };
    let bring = |it: Delivery| async move { it.nack(nack).await };
    let nacked = tools.settle(&delivery, words, bring).await?;
    let id = &delivery.event_id;
    Ok(match nacked.next {
        Some(nacked::Next::RetryAtMs(at)) => {
            format!(
                "Gave {id} back. It is tried again after {}.",
                words::time(at)
            )
        }
        Some(nacked::Next::Dead(_)) => {
            format!("Gave {id} back. It is a dead letter now: dead_replay sends it round again.")
        }
        None => format!("{id} was given back before: that counts, and it has gone on since."),
    })
}

/// `event_extend`.
pub(super) async fn extend(tools: &Tools, args: ExtendArgs) -> Told {
    let delivery = tools.delivery(args.event_id, args.delivery).await?;
    let until = told(&delivery, delivery.extend(stated(args.note)).await)?;
    Ok(format!(
        "{} is yours until {}, and as long as this session lives it goes on by itself, up to the cap at {}.",
        delivery.event_id,
        page::time(until),
        page::time(delivery.lease_cap_at)
    ))
}

/// `checkpoint`.
pub(super) async fn checkpoint(tools: &Tools, args: CheckpointArgs) -> Told {
    let note = stated(Some(args.note)).ok_or("the note is empty. Nothing was done")?;
    let delivery = tools.delivery(args.event_id, args.delivery).await?;
    told(&delivery, delivery.checkpoint(note).await)?;
    Ok(format!(
        "The note is kept with {}: whoever has it next is shown it.",
        delivery.event_id
    ))
}
