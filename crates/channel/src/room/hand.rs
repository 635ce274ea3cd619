//! How an event is handed to a call that waits for one: claimed first, and given only to somebody who is there.

use std::time::Duration;

use ackord_client::{Delivery, Error};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::warn;

use super::orders::gone;
use super::{Next, Note};
use crate::desk::{At, Ticket};

/// How long the cluster may take to agree to a claim, before the event is handed over without.
const CLAIM_WAIT: Duration = Duration::from_secs(5);

/// A call that waits for an event.
#[derive(Debug)]
pub(crate) struct Call {
    pub(super) ticket: Ticket,
    pub(super) until: At,
    pub(super) reply: oneshot::Sender<Next>,
}

/// An event on its way to whoever asked for it. Dropped before it is [taken](Handed::take), it counts as not
/// given.
#[derive(Debug)]
pub(crate) struct Handed {
    delivery: Option<Delivery>,
    /// The cluster has agreed that it is this session's.
    pub(crate) is_confirmed: bool,
    notes: mpsc::Sender<Note>,
}

impl Handed {
    /// The event, for somebody who reads it at once.
    pub(crate) async fn take(mut self) -> Delivery {
        let taken = self.delivery.clone().expect("it is taken once");
        // A room that has ended does not mind.
        let _ended = self.notes.send(Note::Heard(taken.fence().clone())).await;
        self.delivery = None;
        taken
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        if let Some(delivery) = self.delivery.take() {
            // A room that has too much to do announces it a little later.
            let _full = self.notes.try_send(Note::Unheard(delivery.fence().clone()));
        }
    }
}

/// Claims the event, and hands it over if it still is the session's.
pub(super) async fn over(mut call: Call, delivery: Delivery, notes: mpsc::Sender<Note>) {
    let claimed = claim(delivery.clone(), notes.clone());
    let answer = tokio::select! {
        biased;
        // Nobody waits for it any more.
        () = call.reply.closed() => None,
        answer = timeout(CLAIM_WAIT, claimed) => answer.ok().and_then(Result::ok),
    };
    let is_lost = |error: &Error| gone(&delivery, error).is_some();
    if let Some(Err(error)) = &answer
        && is_lost(error)
    {
        let _ended = notes.send(Note::WaitsOn(call)).await;
        return;
    }
    let handed = Handed {
        is_confirmed: matches!(answer, Some(Ok(()))),
        delivery: Some(delivery),
        notes,
    };
    // Who has gone meanwhile drops it, which is told.
    let _gone = call.reply.send(Next::Event(handed));
}

/// Tells the cluster that the model sees it, however long that takes. What comes of it is known to the room
/// first.
pub(super) fn claim(
    delivery: Delivery,
    notes: mpsc::Sender<Note>,
) -> oneshot::Receiver<Result<(), Error>> {
    let (done, outcome) = oneshot::channel();
    tokio::spawn(async move {
        let claimed = delivery.claim().await;
        if let Err(error) = &claimed {
            warn!(event = %delivery.event_id, %error, "claim");
            if let Some(note) = gone(&delivery, error) {
                let _ended = notes.send(note).await;
            }
        }
        // Not everybody waits for it.
        let _gone = done.send(claimed);
    });
    outcome
}
