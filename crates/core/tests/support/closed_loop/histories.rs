//! The grammar of an event's history: no delivery is without a cause, and nothing happens to an
//! event that is over but a replay.

use ackord_core::history::{DeliveryCause, StepKind};
use ackord_core::id::SessionId;
use ackord_core::model::{DeadCause, Event};
use ackord_core::time::Timestamp;

/// Where an event is, by its history so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Accepted; perhaps it waits for its time.
    Start,
    /// Its source holds it.
    WithSource,
    /// No route of its source matched it.
    Unmatched,
    /// In the queue.
    Queued,
    /// In a session's hands.
    Held(SessionId),
    /// Set aside.
    Parked(SessionId),
    /// It just came back: to the queue, or dead.
    Back,
    /// A dead letter whose work may have been done after all.
    Dead,
    /// Out, by somebody's will.
    Gone,
    /// Its work is done.
    Done,
}

struct Reader {
    at: At,
    /// The latest delivery.
    delivery: u32,
    /// Deliveries since it was accepted or replayed.
    round: u32,
    /// An answer to the latest delivery could still count.
    answerable: bool,
}

/// # Panics
/// The history cannot have happened. One that has dropped steps is not judged.
pub(crate) fn check(event: &Event) {
    if event.history.dropped > 0 {
        return;
    }
    let mut reader = Reader {
        at: At::Start,
        delivery: 0,
        round: 0,
        answerable: false,
    };
    let mut before = Timestamp::default();
    let (first, rest) = event.history.steps.split_first().expect("it was accepted");
    assert_eq!(first.kind, StepKind::Accepted);
    for step in rest {
        assert!(before <= step.at, "time goes back: {event:?}");
        before = step.at;
        let from = reader.at;
        let next = reader.read(&step.kind);
        reader.at = next.unwrap_or_else(|| panic!("{:?} from {from:?}: {event:#?}", step.kind));
    }
    assert_eq!(reader.delivery, event.delivery, "{event:?}");
    assert_eq!(reader.round, event.deliveries, "{event:?}");
}

impl Reader {
    fn read(&mut self, step: &StepKind) -> Option<At> {
        let at = self.at;
        match *step {
            StepKind::Accepted => None,
            StepKind::Due => (at == At::Start).then_some(At::Queued),
            StepKind::Leased {
                session,
                delivery,
                cause,
            } => self.leased(session, delivery, cause),
            StepKind::Returned { delivery, .. } => match at {
                At::Held(_) | At::Parked(_) if delivery == self.delivery => Some(At::Back),
                _ => None,
            },
            StepKind::Parked { delivery } => match at {
                At::Held(session) if delivery == self.delivery => Some(At::Parked(session)),
                _ => None,
            },
            StepKind::Acked { delivery } => {
                let counts = self.answerable && delivery == self.delivery;
                counts.then_some(At::Done)
            }
            StepKind::Dead { cause, .. } => self.died(cause),
            StepKind::Cancelled { .. } => {
                let over = matches!(at, At::Dead | At::Unmatched | At::Gone | At::Done);
                self.out(!over)
            }
            StepKind::Purged => self.out(matches!(at, At::Dead | At::Gone | At::Unmatched)),
            StepKind::Held => (at == At::Start).then_some(At::WithSource),
            StepKind::Released => (at == At::WithSource).then_some(At::Start),
            StepKind::Rerouted => (at == At::Unmatched).then_some(At::Start),
            StepKind::HandedOff { delivery, .. } => {
                self.answerable = false;
                let held = matches!(at, At::Held(_) | At::Parked(_));
                (held && delivery == self.delivery).then_some(At::Queued)
            }
            StepKind::Forced { delivery, .. } => {
                let held = matches!(at, At::Held(_) | At::Parked(_));
                (held && delivery == self.delivery).then_some(at)
            }
            StepKind::Approval { delivery, .. } => {
                let held = matches!(at, At::Held(_) | At::Parked(_));
                (held && delivery <= self.delivery).then_some(at)
            }
            StepKind::Replayed => {
                self.round = 0;
                let over = matches!(at, At::Dead | At::Gone | At::Done);
                over.then_some(At::Queued)
            }
        }
    }

    fn leased(&mut self, to: SessionId, delivery: u32, cause: DeliveryCause) -> Option<At> {
        let fits = match (self.at, cause) {
            (At::Start | At::Queued, DeliveryCause::First) => self.round == 0,
            (At::Queued | At::Back, DeliveryCause::Again) => self.round > 0,
            (At::Held(by), DeliveryCause::Takeover) | (At::Parked(by), DeliveryCause::Resume) => {
                by == to
            }
            _ => false,
        };
        let next = delivery == self.delivery + 1;
        self.delivery = delivery;
        self.round += 1;
        self.answerable = true;
        (fits && next).then_some(At::Held(to))
    }

    fn died(&mut self, cause: DeadCause) -> Option<At> {
        match cause {
            DeadCause::Rejected => {
                let held = matches!(self.at, At::Held(_) | At::Parked(_));
                self.out(held)
            }
            DeadCause::Attempts | DeadCause::Undeliverable => {
                (self.at == At::Back).then_some(At::Dead)
            }
            DeadCause::Expired => {
                let waits = matches!(self.at, At::Start | At::WithSource | At::Queued | At::Back);
                waits.then_some(At::Dead)
            }
            DeadCause::Unmatched => (self.at == At::Start).then_some(At::Unmatched),
        }
    }

    fn out(&mut self, fits: bool) -> Option<At> {
        self.answerable = false;
        fits.then_some(At::Gone)
    }
}
