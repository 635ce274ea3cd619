//! Commands of this node on their way to the node that leads, and those who wait for them.
//!
//! Each unit draws a ticket, which the leader writes into the log beside its commands. This node
//! hears of the ticket when it applies that entry itself: whoever asked then sees what was done.
//!
//! When the stream to the leader is gone, units that it took are in doubt. They may be in the log,
//! and then the next leader's first entry comes behind them; so once that is applied, or if none
//! comes, nobody will know.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_core::time::Position;
use ackord_proto::peer::{
    ForwardFailure, ForwardFailureReason as Reason, ForwardRequest, ForwardUnit,
};
use ackord_raft::{Share, Tickets};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::committed::Committed;
use crate::desk::Desk;
use crate::error::ProposeError;
use crate::unit::Unit;

/// Requests on their way at the same time, each at most as large as an entry.
pub(crate) const SLOTS: usize = 8;
/// How long a unit is in doubt, unless it is decided sooner.
pub(crate) const DOUBT_MAX: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug)]
pub(crate) struct Forwarding {
    pub(crate) slots: Arc<Semaphore>,
    sent: Mutex<Sent>,
}

#[derive(Debug, Default)]
struct Sent {
    tickets: u64,
    links: u64,
    /// Term of the last entry that this node has applied.
    reached: u64,
    units: BTreeMap<u64, InFlight>,
}

/// One unit that the leader was sent.
#[derive(Debug)]
struct InFlight {
    unit: Unit,
    link: Link,
    doubtful: bool,
    _slot: Arc<OwnedSemaphorePermit>,
}

/// One stream to a leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    number: u64,
    /// The term in which that node leads.
    term: u64,
}

impl Default for Forwarding {
    fn default() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(SLOTS)),
            sent: Mutex::default(),
        }
    }
}

impl Forwarding {
    /// A new stream to the leader of a term.
    pub(crate) fn link(&self, term: u64) -> Link {
        let mut sent = self.sent();
        sent.links += 1;
        Link {
            number: sent.links,
            term,
        }
    }

    /// Draws tickets for units: what the leader is to be sent.
    fn put(
        &self,
        units: Vec<Unit>,
        link: Link,
        slot: OwnedSemaphorePermit,
    ) -> (Range<u64>, Vec<ForwardUnit>) {
        let slot = Arc::new(slot);
        let mut sent = self.sent();
        let first = sent.tickets;
        let mut forms = Vec::with_capacity(units.len());
        for unit in units {
            let ticket = sent.tickets;
            sent.tickets += 1;
            forms.push(ForwardUnit {
                ticket,
                commands: unit.commands.iter().map(|it| it.bytes.clone()).collect(),
            });
            let in_flight = InFlight {
                unit,
                link,
                doubtful: false,
                _slot: Arc::clone(&slot),
            };
            sent.units.insert(ticket, in_flight);
        }
        (first..sent.tickets, forms)
    }

    /// The unit, if nobody has answered it.
    fn take(&self, ticket: u64) -> Option<Unit> {
        self.sent().units.remove(&ticket).map(|it| it.unit)
    }

    fn take_if(&self, so: impl Fn(&InFlight) -> bool) -> Vec<Unit> {
        take_if(&mut self.sent(), so)
    }

    /// Returns once nothing is on its way.
    pub(crate) async fn drained(&self) {
        let all = u32::try_from(SLOTS).expect("a small number");
        let slots = self.slots.acquire_many(all).await;
        drop(slots.expect("slots are never closed"));
    }

    /// Tells all who wait that nobody knows.
    pub(crate) fn give_up(&self) {
        unknown(self.take_if(|_| true));
    }

    /// The stream is gone, and what it took is in doubt.
    pub(crate) fn lost(&self, link: Link) {
        let mut sent = self.sent();
        for it in sent.units.values_mut().filter(|it| it.link == link) {
            it.doubtful = true;
        }
        let decided = take_decided(&mut sent);
        drop(sent);
        unknown(decided);
    }

    /// Nothing is to be hoped for any more.
    pub(crate) fn doubt_ends(&self, link: Link) {
        unknown(self.take_if(|it| it.link == link));
    }

    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what is in doubt and would have been applied by now.
fn take_decided(sent: &mut Sent) -> Vec<Unit> {
    let reached = sent.reached;
    take_if(sent, |it| it.doubtful && it.link.term < reached)
}

fn take_if(sent: &mut Sent, so: impl Fn(&InFlight) -> bool) -> Vec<Unit> {
    let taken = sent.units.extract_if(.., |_, it| so(it));
    taken.map(|(_, it)| it.unit).collect()
}

fn unknown(units: Vec<Unit>) {
    for unit in units {
        unit.fail(ProposeError::Unknown);
    }
}

impl Desk {
    /// Hands units to the stream of a leader, whose other end is `hand`.
    pub(crate) fn forward(
        &self,
        units: Vec<Unit>,
        link: Link,
        slot: OwnedSemaphorePermit,
        hand: impl FnOnce(ForwardRequest) -> bool,
    ) {
        let (here, there): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(Unit::is_of_here);
        for unit in there {
            // It went to the wrong node: that it goes one way at the most keeps it from going
            // in circles.
            unit.fail(ProposeError::NotLeader { leader: None });
        }
        if here.is_empty() {
            return;
        }
        let commands = here.iter().map(|it| it.commands.len()).sum();
        let (tickets, units) = self.forwarding.put(here, link, slot);
        let request = ForwardRequest {
            units,
            run: self.run,
        };
        if hand(request) {
            self.metrics.forwarded(commands);
        } else {
            // The stream ended before it took them.
            let units = tickets.filter_map(|it| self.forwarding.take(it)).collect();
            self.take_back(units);
        }
    }

    /// The leader has no answer to some units.
    pub(crate) fn forward_failed(&self, failures: Vec<ForwardFailure>) {
        self.metrics.forward_failed(failures.len());
        let mut again = Vec::new();
        for failure in failures {
            let Some(unit) = self.forwarding.take(failure.ticket) else {
                continue;
            };
            match failure.reason() {
                // They are not in the log.
                Reason::NotLeader | Reason::ShuttingDown => again.push(unit),
                Reason::Overloaded => unit.fail(ProposeError::Overloaded {
                    retry_after: Duration::from_millis(failure.retry_after_ms),
                }),
                Reason::Malformed => {
                    tracing::error!(unit = ?unit.arrived, "the leader does not understand a command");
                    unit.fail(ProposeError::NotLeader { leader: None });
                }
                Reason::NotMember => {
                    tracing::debug!(unit = ?unit.arrived, "the leader does not know this node as a member");
                    unit.fail(ProposeError::NotLeader { leader: None });
                }
                Reason::Unknown | Reason::Unspecified => unit.fail(ProposeError::Unknown),
            }
        }
        if !again.is_empty() {
            self.take_back(again);
        }
    }
}

impl Tickets for Desk {
    fn run(&self) -> u64 {
        self.run
    }

    fn applied(&self, ticket: u64, share: Share) {
        let Some(unit) = self.forwarding.take(ticket) else {
            return;
        };
        let Share {
            index,
            at,
            first,
            answers,
        } = share;
        if answers.len() != unit.commands.len() {
            // The entry is not what was sent: whatever it says is not an answer.
            return unit.fail(ProposeError::Unknown);
        }
        let committed = answers
            .into_iter()
            .zip(first..)
            .map(|(answer, offset)| Committed {
                answer,
                position: Position { index, offset },
                at,
            });
        unit.caller.committed(committed);
    }

    fn reached(&self, term: u64) {
        let mut sent = self.forwarding.sent();
        if sent.reached == term {
            return;
        }
        sent.reached = term;
        let decided = take_decided(&mut sent);
        drop(sent);
        unknown(decided);
    }

    fn skipped(&self) {
        self.forwarding.give_up();
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::answer::Reply;
    use ackord_core::command::{Actor, Command, Op, Tick};
    use ackord_core::time::Timestamp;
    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;
    use crate::caller::{Answer, Caller};
    use crate::options::Options;
    use crate::unit::Encoded;

    fn desk() -> Desk {
        Desk::new(&Options::new(2), 7)
    }

    fn submit(desk: &Desk) -> oneshot::Receiver<Answer> {
        let command = Command {
            by: Actor::Cluster,
            team: None,
            op: Op::Tick(Tick),
        };
        let (reply, answer) = oneshot::channel();
        let tick = Encoded::new(command).expect("a tick is small");
        desk.submit(vec![tick], Caller::Here(reply));
        answer
    }

    /// Sends what waits, and answers the tickets; none if the stream does not take it.
    fn send(desk: &Desk, link: Link, taken: bool) -> Option<Vec<u64>> {
        let next = desk.next(&desk.forwarding.slots).now_or_never();
        let (units, slot) = next.expect("something waits");
        let mut sent = None;
        desk.forward(units, link, slot, |request| {
            assert_eq!(request.run, 7);
            let tickets = request.units.iter().map(|it| it.ticket);
            sent = taken.then(|| tickets.collect());
            taken
        });
        sent
    }

    fn failure(ticket: u64, reason: Reason) -> ForwardFailure {
        ForwardFailure {
            ticket,
            reason: reason.into(),
            retry_after_ms: 70,
        }
    }

    fn share(answers: usize) -> Share {
        Share {
            index: 9,
            at: Timestamp(5),
            first: 3,
            answers: vec![Ok(Reply::Ticked { done: 1 }); answers],
        }
    }

    #[tokio::test]
    async fn a_ticket_is_answered_when_it_is_applied_and_once() {
        let desk = desk();
        let mut answer = submit(&desk);
        let tickets = send(&desk, desk.forwarding.link(4), true).expect("taken");
        desk.applied(tickets[0] + 1, share(1));
        assert!(answer.try_recv().is_err());
        desk.applied(tickets[0], share(1));
        desk.applied(tickets[0], share(1));
        let committed = answer.try_recv().expect("answered").expect("committed");
        let place = committed[0].position;
        assert_eq!((place.index, place.offset), (9, 3));
        assert!(desk.forwarding.drained().now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_the_leader_refuses_waits_on_and_the_rest_is_told() {
        let desk = desk();
        let mut answers: Vec<_> = (0..5).map(|_| submit(&desk)).collect();
        let tickets = send(&desk, desk.forwarding.link(4), true).expect("taken");
        desk.forward_failed(vec![
            failure(tickets[0], Reason::Unknown),
            failure(tickets[1], Reason::Overloaded),
            failure(tickets[2], Reason::NotLeader),
            failure(tickets[3], Reason::ShuttingDown),
            failure(tickets[4], Reason::NotMember),
        ]);
        assert_eq!(answers[0].try_recv(), Ok(Err(ProposeError::Unknown)));
        let retry_after = Duration::from_millis(70);
        assert_eq!(
            answers[1].try_recv(),
            Ok(Err(ProposeError::Overloaded { retry_after }))
        );
        let not_led = ProposeError::NotLeader { leader: None };
        assert_eq!(answers[4].try_recv(), Ok(Err(not_led)));
        assert!(desk.was_refused());
        let again = send(&desk, desk.forwarding.link(5), true).expect("taken");
        assert_eq!(again.len(), 2);
        assert!(again[0] > tickets[3], "a ticket is drawn once");
        desk.applied(again[1], share(1));
        assert!(answers[2].try_recv().is_err());
        assert!(matches!(answers[3].try_recv(), Ok(Ok(_))));
    }

    #[tokio::test]
    async fn what_a_stream_did_not_take_waits_on() {
        let desk = desk();
        let mut answer = submit(&desk);
        assert!(send(&desk, desk.forwarding.link(4), false).is_none());
        assert!(answer.try_recv().is_err());
        let tickets = send(&desk, desk.forwarding.link(4), true).expect("taken");
        desk.applied(tickets[0], share(1));
        assert!(matches!(answer.try_recv(), Ok(Ok(_))));
    }

    #[tokio::test]
    async fn a_lost_stream_is_unknown_once_a_later_leader_is_applied() {
        let desk = desk();
        let (lost, kept) = (desk.forwarding.link(4), desk.forwarding.link(4));
        let mut answers = Vec::new();
        let mut tickets = Vec::new();
        for link in [lost, lost, kept] {
            answers.push(submit(&desk));
            tickets.extend(send(&desk, link, true).expect("taken"));
        }
        desk.reached(4);
        desk.forwarding.lost(lost);
        desk.applied(tickets[0], share(1));
        assert!(matches!(answers[0].try_recv(), Ok(Ok(_))));
        assert!(answers[1].try_recv().is_err(), "it is in doubt");
        desk.reached(5);
        assert_eq!(answers[1].try_recv(), Ok(Err(ProposeError::Unknown)));
        assert!(
            answers[2].try_recv().is_err(),
            "its leader may still answer"
        );
        desk.forwarding.lost(kept);
        assert_eq!(answers[2].try_recv(), Ok(Err(ProposeError::Unknown)));
    }

    #[tokio::test]
    async fn doubt_ends_and_skipped_entries_answer_nobody() {
        let desk = desk();
        let (lost, kept) = (desk.forwarding.link(4), desk.forwarding.link(4));
        let mut first = submit(&desk);
        send(&desk, lost, true).expect("taken");
        let mut second = submit(&desk);
        send(&desk, kept, true).expect("taken");
        desk.forwarding.doubt_ends(lost);
        assert_eq!(first.try_recv(), Ok(Err(ProposeError::Unknown)));
        assert!(second.try_recv().is_err());
        desk.skipped();
        assert_eq!(second.try_recv(), Ok(Err(ProposeError::Unknown)));
    }

    #[tokio::test]
    async fn an_answer_of_another_length_is_none() {
        let desk = desk();
        let mut answer = submit(&desk);
        let tickets = send(&desk, desk.forwarding.link(4), true).expect("taken");
        desk.applied(tickets[0], share(2));
        assert_eq!(answer.try_recv(), Ok(Err(ProposeError::Unknown)));
    }

    #[tokio::test]
    async fn what_was_forwarded_here_is_not_forwarded_again() {
        let desk = desk();
        let (failures, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let remote = crate::caller::Remote::new(3, 8, 40, failures);
        desk.submit(Vec::new(), Caller::There(remote));
        assert!(send(&desk, desk.forwarding.link(4), true).is_none());
        assert_eq!(
            heard.try_recv().expect("a failure").reason(),
            Reason::NotLeader
        );
    }
}
