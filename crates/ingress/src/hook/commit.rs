//! From a verified delivery to the cluster's answer, through whatever happens to the leader.

use std::sync::Arc;
use std::time::Duration;

use ackord_core::answer::{Receipt, Rejection, Reply as Answer};
use ackord_core::id::EventId;
use ackord_core::model::Source;
use ackord_core::time::Timestamp;
use ackord_machine::{Committed, ProposeError};
use ackord_proto::v1::{RequestOutcome as Outcome, RequestRefusal as Refusal};
use ackord_verify::{Headers, Judged, Received};
use tokio::time::{Instant, sleep, timeout};

use super::compiled::Compiled;
use super::plan::{self, Ids};
use super::{Arrived, Hooks, decide, request};

/// The cluster has as long as this at least.
const LEAST: Duration = Duration::from_secs(1);
/// Before the same is proposed again: doubles, up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(20);
/// See [`PAUSE`].
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// A delivery, and the source that judged it.
type Judgement = (Arc<Source>, Arc<Compiled>, Received);

/// What to do after one try.
enum Next {
    Done(Outcome, Vec<EventId>),
    Refused(Refusal),
    /// The source has changed since: judge again.
    Judge,
    /// The same again, a little later.
    Again,
}

impl Hooks {
    /// Takes a delivery in, and answers with what became of it. [`Outcome::Unknown`]: nobody knows by
    /// the deadline.
    pub(super) async fn commit(
        &self,
        arrived: &Arrived,
        headers: &Headers<'_>,
        judgement: Judgement,
        now: Timestamp,
    ) -> Result<(Outcome, Vec<EventId>), Refusal> {
        let (mut source, mut compiled, mut received) = judgement;
        // A body that took long may have used it up.
        let deadline = (arrived.since + compiled.deadline).max(Instant::now() + LEAST);
        let mut ids = Ids::new(now);
        let mut pause = PAUSE;
        // Whether an earlier try may have been committed.
        let mut is_open = false;
        loop {
            let command = plan::command(&source, &compiled, &received, arrived, &mut ids);
            #[cfg(madsim)]
            if super::planted::answers_early(&self.0.machine, &command) {
                return Ok((Outcome::Accepted, ids.all()));
            }
            let proposed = timeout(
                deadline.saturating_duration_since(Instant::now()),
                self.0.machine.propose(command),
            )
            .await;
            is_open |= matches!(proposed, Err(_) | Ok(Err(ProposeError::Unknown)));
            let next = match proposed {
                Ok(Ok(committed)) => self.next(committed, &ids, deadline).await,
                Ok(Err(error)) => after(&error),
                Err(_) => Next::Again,
            };
            match next {
                Next::Done(outcome, events) => return Ok((outcome, events)),
                // An earlier try may be in: then this one would have said so.
                Next::Refused(refusal) => return Err(refusal),
                Next::Judge => {
                    source = self
                        .find(&arrived.team, &arrived.slug)
                        .ok_or(Refusal::UnknownSource)?;
                    compiled = self.compiled(&source)?;
                    let request = request(arrived, headers, now);
                    let allowed = compiled.listens_to(arrived.from);
                    received = match decide(&source, &compiled, arrived, &request, allowed)? {
                        Judged::Received(received) => received,
                        // It was none a moment ago: its sender tries again.
                        Judged::Handshake(_) => return Err(Refusal::NotPaired),
                    };
                }
                Next::Again => {}
            }
            let at = Instant::now() + pause;
            if at >= deadline {
                return match is_open {
                    true => Ok((Outcome::Unknown, Vec::new())),
                    false => Err(Refusal::Deadline),
                };
            }
            sleep(pause).await;
            pause = (2 * pause).min(PAUSE_MAX);
        }
    }

    async fn next(&self, committed: Committed, ids: &Ids, deadline: Instant) -> Next {
        match committed.answer {
            Ok(Answer::Received(receipt)) => done(receipt, ids),
            Ok(other) => unreachable!("a request that is taken is answered so, not {other:?}"),
            Err(Rejection::Revision { .. }) => {
                // The change is before this place: seen here as soon as that is applied.
                let reached = self.0.machine.reach(committed.position);
                // At the deadline the next try tells.
                let _ = timeout(deadline.saturating_duration_since(Instant::now()), reached).await;
                Next::Judge
            }
            Err(Rejection::NotFound) => Next::Refused(Refusal::UnknownSource),
            Err(Rejection::Disabled) => Next::Refused(Refusal::Disabled),
            Err(Rejection::Overloaded(_)) => Next::Again,
            Err(other) => {
                tracing::warn!(reason = %other, "a verified webhook is not taken");
                Next::Refused(Refusal::Overloaded)
            }
        }
    }
}

fn done(receipt: Receipt, ids: &Ids) -> Next {
    match receipt {
        Receipt::Accepted(events) => Next::Done(Outcome::Accepted, events),
        Receipt::Held(events) => Next::Done(Outcome::Held, events),
        // An earlier try of ours.
        Receipt::Duplicate(first) if ids.has(first) => Next::Done(Outcome::Accepted, ids.all()),
        Receipt::Duplicate(first) => Next::Done(Outcome::Duplicate, vec![first]),
        Receipt::Unmatched(event) => Next::Done(Outcome::Unmatched, vec![event]),
        Receipt::Dropped => Next::Done(Outcome::Dropped, Vec::new()),
    }
}

fn after(error: &ProposeError) -> Next {
    match error {
        ProposeError::NotLeader { .. }
        | ProposeError::Unknown
        | ProposeError::Overloaded { .. } => Next::Again,
        ProposeError::TooLarge { .. } => Next::Refused(Refusal::TooLarge),
        ProposeError::ShuttingDown => Next::Refused(Refusal::Overloaded),
    }
}
