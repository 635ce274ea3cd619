//! What the desk orders, done.

use ackord_client::v1::{self, Fence, RefusalReason};
use ackord_client::{Delivery, Error, Loss};
use tracing::debug;

use super::hand::{self, Call};
use super::{ATTACH_WAIT, Linked, Next, Note, Room};
use crate::desk::{Offer, Order, Push, Ticket};
use crate::room::link::Line;

/// A delivery, as the desk sees it.
pub(super) fn offer(delivery: &Delivery) -> Offer {
    Offer {
        fence: delivery.fence().clone(),
        class: delivery.class,
        claimed: delivery.claimed,
        lease: delivery.lease,
    }
}

impl Room {
    pub(super) fn carry_out(&mut self, orders: Vec<Order>) {
        for order in orders {
            self.carry_out_one(order);
        }
    }

    fn carry_out_one(&mut self, order: Order) {
        match order {
            Order::Push(fence, push) => self.push(&fence, &push),
            Order::Claim(fence) => {
                if let Some(delivery) = self.kept.latest(&fence.event_id).cloned() {
                    let _beside = hand::claim(delivery, self.notes.clone());
                }
            }
            Order::Extend(fence) => self.beside(&fence, |delivery| async move {
                let error = delivery.extend(None).await.err()?;
                debug!(event = %delivery.event_id, %error, "extension of a lease");
                match error.reason() {
                    Some(RefusalReason::LeaseCap) => Some(Note::AtCap(delivery.fence().clone())),
                    _ => gone(&delivery, &error),
                }
            }),
            Order::Count(fence) => {
                let (line, tag) = (self.line.clone(), self.options.tag.clone());
                self.beside(&fence, |delivery| async move {
                    let waiting = count(&line, tag.unwrap_or_default()).await;
                    Some(Note::Counted(delivery.fence().clone(), waiting))
                });
            }
            Order::Hand(ticket, fence) => self.hand(ticket, &fence),
            Order::Nothing(ticket) => {
                if let Some(call) = self.end_call(ticket) {
                    let _gone = call.reply.send(Next::Nothing(self.linked()));
                }
            }
            // Another process has the session: to attach would take it back.
            Order::Revive if matches!(self.linked, Linked::Over(_)) => {}
            Order::Revive => {
                self.reviving_until = self.now() + ATTACH_WAIT;
                match &self.session {
                    Some(session) => session.reattach(),
                    None => self.attach(),
                }
            }
        }
    }

    fn push(&self, fence: &Fence, push: &Push) {
        if let Some(delivery) = self.kept.latest(&fence.event_id) {
            self.scribe.write(delivery.clone(), push.clone());
        }
    }

    fn hand(&mut self, ticket: Ticket, fence: &Fence) {
        match self.end_call(ticket) {
            Some(call) => {
                if let Some(delivery) = self.kept.latest(&fence.event_id).cloned() {
                    tokio::spawn(hand::over(call, delivery, self.notes.clone()));
                }
            }
            None => {
                let orders = self.desk.unheard(self.now(), fence);
                self.carry_out(orders);
            }
        }
    }

    /// The call, if somebody still waits for what comes of it.
    fn end_call(&mut self, ticket: Ticket) -> Option<Call> {
        let at = self.calls.iter().position(|it| it.ticket == ticket)?;
        let call = self.calls.swap_remove(at);
        (!call.reply.is_closed()).then_some(call)
    }

    /// Does this for a delivery beside what goes on, and hears what comes of it.
    fn beside<F>(&self, fence: &Fence, work: impl FnOnce(Delivery) -> F)
    where
        F: Future<Output = Option<Note>> + Send + 'static,
    {
        let Some(delivery) = self.kept.latest(&fence.event_id).cloned() else {
            return;
        };
        let (work, notes) = (work(delivery), self.notes.clone());
        tokio::spawn(async move {
            if let Some(note) = work.await {
                let _ended = notes.send(note).await;
            }
        });
    }
}

/// What a refusal says of a delivery.
pub(super) fn gone(delivery: &Delivery, error: &Error) -> Option<Note> {
    let loss = match error.reason()? {
        RefusalReason::Superseded | RefusalReason::NotLeased | RefusalReason::UnknownDelivery => {
            Loss::Superseded
        }
        RefusalReason::Gone | RefusalReason::NotFound => Loss::Cancelled,
        RefusalReason::AlreadyAcked => Loss::Finished,
        _ => return None,
    };
    Some(Note::Gone(delivery.fence().clone(), loss))
}

/// How many events wait; none if this token may not know, or nobody says.
async fn count(line: &Line, tag: String) -> Option<u64> {
    let question = v1::GetQueueRequest {
        tag,
        at_least: None,
    };
    let asked = line.client().ok()?.get_queue(question).await;
    let queue = match asked {
        Ok(answer) => answer.queue?,
        Err(error) => {
            let is_refused = matches!(error, Error::Refused(_));
            debug!(is_refused, %error, "how many events wait");
            return None;
        }
    };
    let depth = queue.depth?;
    Some(depth.ready_interrupt + depth.ready_priority + depth.ready_normal)
}
