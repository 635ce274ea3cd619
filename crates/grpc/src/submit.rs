//! Submitting events: the items of one request, whichever way it came.

use std::time::{SystemTime, UNIX_EPOCH};

use ackord_core::answer::Reply;
use ackord_core::command::{Command, Op};
use ackord_core::id::{EventId, TeamId};
use ackord_machine::{Committed, ProposeError};
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::{from_wire, to_wire, v1};
use prost::Message;
use rand::RngExt;

use crate::api::{Api, LOG};
use crate::auth::Caller;
use crate::limits::{EVENTS_RULE, ITEMS_MAX, SUBMIT_BYTES_MAX};
use crate::refused::Refused;

/// Bytes of the items of one request.
pub(crate) fn bytes(items: &[v1::SubmitItem]) -> usize {
    items.iter().map(Message::encoded_len).sum()
}

/// What the items of one request take in memory, about.
pub(crate) fn weight(items: &[v1::SubmitItem]) -> usize {
    bytes(items) + size_of_val(items)
}

/// Refuses a request without items, or with too many.
pub(crate) fn check_count(items: &[v1::SubmitItem]) -> Result<(), Refused> {
    match items.len() {
        1..=ITEMS_MAX => Ok(()),
        _ => Err(Refused::invalid("items", EVENTS_RULE)),
    }
}

/// Refuses what is too much for one request.
pub(crate) fn check(items: &[v1::SubmitItem]) -> Result<(), Refused> {
    check_count(items)?;
    if bytes(items) > SUBMIT_BYTES_MAX {
        let message = format!("the items are more than {SUBMIT_BYTES_MAX} bytes together");
        return Err(Refused::new(Reason::TooLarge, message));
    }
    Ok(())
}

impl Api {
    /// Submits items that were checked: an answer for each, in their order.
    pub(crate) async fn submit(
        &self,
        caller: &Caller,
        team: TeamId,
        items: Vec<v1::SubmitItem>,
    ) -> Vec<v1::SubmitResult> {
        let mut commands = Vec::with_capacity(items.len());
        let items = items.into_iter().enumerate();
        let refused: Vec<Option<Refused>> = items
            .map(|(at, item)| {
                command(caller, team, at, item)
                    .map(|it| commands.push(it))
                    .err()
            })
            .collect();
        #[cfg(madsim)]
        let results = crate::planted::submit(&self.machine, commands).await;
        #[cfg(not(madsim))]
        let results = self.machine.propose_many(commands).await;
        let mut results = results.into_iter();
        let in_order = refused
            .into_iter()
            .enumerate()
            .map(|(at, refused)| match refused {
                Some(refused) => Err(refused),
                None => taken(results.next().expect("a result for each command"))
                    .map_err(|it| it.within(&path(at))),
            });
        in_order
            .map(|it| it.unwrap_or_else(|it| to_wire::refused(it.into_refusal())))
            .inspect(|it| self.metrics.submitted(it))
            .collect()
    }
}

fn command(
    caller: &Caller,
    team: TeamId,
    at: usize,
    item: v1::SubmitItem,
) -> Result<Command, Refused> {
    let submit = from_wire::submit(item, draw());
    let submit = submit.map_err(|it| it.within(&path(at)))?;
    caller.need_tag(submit.tag.as_ref())?;
    Ok(caller.command(Some(team), Op::Submit(Box::new(submit))))
}

/// Where an item stands in its request.
fn path(at: usize) -> String {
    format!("items[{at}]")
}

/// A new event's id.
pub(crate) fn draw() -> EventId {
    // A clock before 1970 is a clock that was never set; the id is as good without it.
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let unix_ms = u64::try_from(since_epoch.as_millis()).unwrap_or_default();
    EventId::new(unix_ms, rand::rng().random())
}

fn taken(result: Result<Committed, ProposeError>) -> Result<v1::SubmitResult, Refused> {
    let Committed {
        answer, position, ..
    } = result?;
    let Reply::Submitted(event, taken) = answer? else {
        unreachable!("a submit that is taken names its event")
    };
    Ok(to_wire::submitted(event, taken, LOG.position(position)))
}
