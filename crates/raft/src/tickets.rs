//! Commands of this node that another one proposed: whoever waits for them hears of them when
//! this node applies them itself, so that it sees at once what it was told.

use std::fmt;

use ackord_core::answer::Answer;
use ackord_core::time::Timestamp;

use crate::types::{Origin, Outcome};

/// Those who wait, by the ticket that each has drawn.
pub trait Tickets: fmt::Debug + Send + Sync + 'static {
    /// Tells this process from earlier ones of the node, whose tickets nobody holds any more.
    fn run(&self) -> u64;

    /// The commands of a ticket are applied. The ticket may be unknown: given up before.
    fn applied(&self, ticket: u64, share: Share);

    /// Everything before, and the first entry of, this term's leader is applied. Called in order,
    /// once for each batch, after its tickets.
    fn reached(&self, term: u64);

    /// Entries were skipped, for a snapshot took their place: what became of commands in them is
    /// not to be learned any more.
    fn skipped(&self);
}

/// A node that has others propose nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NobodyWaits;

impl Tickets for NobodyWaits {
    fn run(&self) -> u64 {
        0
    }

    fn applied(&self, _: u64, _: Share) {}

    fn reached(&self, _: u64) {}

    fn skipped(&self) {}
}

/// What became of some neighbouring commands of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Index of the entry.
    pub index: u64,
    /// Log time at which it was applied.
    pub at: Timestamp,
    /// Offset of the first command.
    pub first: u32,
    /// One answer for each command, in order.
    pub answers: Vec<Answer>,
}

/// Tells those whose commands an entry holds, if `node` is where they wait.
pub(crate) fn tell(tickets: &dyn Tickets, node: u64, origins: &[Origin], outcome: &Outcome) {
    let run = tickets.run();
    for origin in origins.iter().filter(|it| (it.node, it.run) == (node, run)) {
        tickets.applied(origin.ticket, share(origin, outcome));
    }
}

fn share(origin: &Origin, outcome: &Outcome) -> Share {
    let skip = origin.first as usize;
    let answers = outcome.answers.iter().skip(skip);
    Share {
        index: outcome.index,
        at: outcome.at,
        first: origin.first,
        answers: answers.take(origin.commands as usize).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ackord_core::answer::Reply;

    use super::*;

    /// Keeps what it is told.
    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<(u64, Share)>>);

    impl Tickets for Heard {
        fn run(&self) -> u64 {
            7
        }

        fn applied(&self, ticket: u64, share: Share) {
            self.0.lock().expect("no test panics").push((ticket, share));
        }

        fn reached(&self, _: u64) {}

        fn skipped(&self) {}
    }

    fn origin(node: u64, run: u64, ticket: u64, first: u32) -> Origin {
        Origin {
            node,
            run,
            ticket,
            first,
            commands: 2,
        }
    }

    #[test]
    fn each_ticket_of_this_process_gets_its_own_answers() {
        let heard = Heard::default();
        let outcome = Outcome {
            index: 9,
            at: Timestamp(5),
            answers: (0..6).map(|done| Ok(Reply::Ticked { done })).collect(),
        };
        let origins = [
            origin(1, 7, 40, 0),
            origin(2, 7, 41, 2),
            origin(1, 8, 42, 2),
            origin(1, 7, 43, 4),
        ];
        tell(&heard, 1, &origins, &outcome);
        let heard = heard.0.into_inner().expect("no test panics");
        let told: Vec<(u64, u32, &[Answer])> = heard
            .iter()
            .map(|(ticket, it)| (*ticket, it.first, it.answers.as_slice()))
            .collect();
        assert_eq!(
            told,
            [
                (40, 0, &outcome.answers[0..2]),
                (43, 4, &outcome.answers[4..6])
            ]
        );
    }
}
