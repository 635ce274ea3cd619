//! Submits: each call on its own, all of them on one stream.

mod budget;
mod stream;
mod turn;

use std::sync::Arc;

use ackord_proto::v1::{SubmitOutcome, Submitted};
use prost::Message;
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;
use crate::event::{Event, Receipt, Taken};
use crate::retry::{Kind, Retry};
use crate::verdict::Verdict;
use crate::wire::Wire;
use budget::{Budget, Room};
use stream::Job;
use turn::Turn;

/// The door to the shared stream.
#[derive(Debug, Clone)]
pub(crate) struct Submits {
    wire: Arc<Wire>,
    budget: Arc<Budget>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Submits {
    /// Starts the task that holds the stream; it ends with the last clone.
    pub(crate) fn new(wire: Arc<Wire>, submits_max: usize, bytes_max: usize) -> Self {
        let budget = Arc::new(Budget::new(submits_max, bytes_max));
        // As long as the budget allows, which each job carries its part of.
        let (jobs, queue) = mpsc::unbounded_channel();
        tokio::spawn(stream::run(wire.clone(), queue));
        Self { wire, budget, jobs }
    }

    pub(crate) async fn submit(&self, event: Event) -> Result<Receipt, Error> {
        let (item, deadline, own_key) = event.into_parts();
        let room = Arc::new(self.budget.take(item.encoded_len())?);
        let mut retry = Retry::new(Kind::Repeatable, deadline.unwrap_or(self.wire.deadline));
        loop {
            match self.attempt(&item, &room, &retry).await {
                Ok(submitted) => {
                    self.wire.seen.note(submitted.position);
                    return receipt(submitted, own_key);
                }
                Err(verdict) => retry.after(verdict).await?,
            }
        }
    }

    /// Puts the item on the stream and waits for its answer.
    async fn attempt(
        &self,
        item: &ackord_proto::v1::SubmitItem,
        room: &Arc<Room>,
        retry: &Retry,
    ) -> Result<Submitted, Verdict> {
        let (reply, answer) = oneshot::channel();
        let turn = Arc::new(Turn::default());
        let job = Job {
            item: item.clone(),
            room: room.clone(),
            turn: turn.clone(),
            reply,
        };
        let stopped = || Verdict::Lost("the runtime of this client is shutting down".to_owned());
        self.jobs.send(job).map_err(|_| stopped())?;
        let waited = retry
            .run_to_the_end(async { answer.await.map_err(|_| stopped())? })
            .await;
        match waited {
            Err(Verdict::Lost(why)) if turn.give_up() => Err(Verdict::Undone(Error::failed(
                format!("it was not sent: {why}"),
            ))),
            other => other,
        }
    }
}

/// What the caller is told. A duplicate of the call's own key is its own first try.
fn receipt(submitted: Submitted, own_key: bool) -> Result<Receipt, Error> {
    let taken = match submitted.outcome() {
        SubmitOutcome::Accepted => Taken::Accepted,
        SubmitOutcome::Duplicate if own_key => Taken::Accepted,
        SubmitOutcome::Duplicate => Taken::Duplicate,
        SubmitOutcome::Conflict => Taken::Conflict,
        SubmitOutcome::Unspecified => {
            let why = "the server answered with an outcome that this client does not know";
            return Err(Error::Unknown(why.to_owned()));
        }
    };
    let position = submitted.position.unwrap_or_default();
    Ok(Receipt {
        event_id: submitted.event_id,
        taken,
        position,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duplicate() -> Submitted {
        Submitted {
            outcome: SubmitOutcome::Duplicate.into(),
            ..Submitted::default()
        }
    }

    #[test]
    fn a_duplicate_of_the_calls_own_key_was_accepted() {
        let taken = |own_key| receipt(duplicate(), own_key).map(|it| it.taken).ok();
        assert_eq!(taken(true), Some(Taken::Accepted));
        assert_eq!(taken(false), Some(Taken::Duplicate));
    }
}
