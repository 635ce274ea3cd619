//! Entries that this node has proposed as the leader, until they are applied, and those who wait
//! for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ackord_core::command::{Command, Entry};
use ackord_core::time::{Position, Timestamp};
use ackord_raft::{Origin, Outcome, Proposal, ProposeFailure};
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::caller::Caller;
use crate::committed::Committed;
use crate::desk::Desk;
use crate::error::ProposeError;
use crate::unit::{Arrived, Encoded, Unit};

/// Entries on their way at the same time: one being synced, one being applied, and some to keep
/// both busy. More would make entries smaller, not faster.
const SLOTS: usize = 4;

/// See the module.
#[derive(Debug)]
pub(crate) struct Proposing {
    pub(crate) slots: Arc<Semaphore>,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    count: u64,
    on_their_way: BTreeMap<u64, Proposed>,
}

impl Default for Proposing {
    fn default() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(SLOTS)),
            entries: Mutex::default(),
        }
    }
}

impl Proposing {
    fn put(&self, proposed: Proposed) -> u64 {
        let mut entries = self.entries();
        entries.count += 1;
        let number = entries.count;
        entries.on_their_way.insert(number, proposed);
        number
    }

    /// The entry, if it was not given up.
    fn take(&self, number: u64) -> Option<Proposed> {
        self.entries().on_their_way.remove(&number)
    }

    /// Returns once nothing is on its way.
    pub(crate) async fn drained(&self) {
        let all = u32::try_from(SLOTS).expect("a small number");
        let slots = self.slots.acquire_many(all).await;
        drop(slots.expect("slots are never closed"));
    }

    /// Tells all who wait that nobody knows.
    pub(crate) fn give_up(&self) {
        let entries = std::mem::take(&mut self.entries().on_their_way);
        entries.into_values().for_each(Proposed::give_up);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One entry on its way.
#[derive(Debug)]
struct Proposed {
    entry: Arc<Entry>,
    /// The encodings of its commands.
    encoded: Vec<Bytes>,
    /// Those who wait, in the order of their commands.
    parts: Vec<Part>,
    _slot: OwnedSemaphorePermit,
}

/// Somebody who waits for commands of an entry.
#[derive(Debug)]
struct Part {
    caller: Caller,
    arrived: Arrived,
    commands: usize,
}

impl Proposed {
    /// An entry of these units, stamped with `at`.
    fn of(units: Vec<Unit>, at: Timestamp, slot: OwnedSemaphorePermit) -> (Self, Proposal) {
        let (mut commands, mut encoded) = (Vec::new(), Vec::new());
        let mut parts = Vec::with_capacity(units.len());
        let mut origins: Vec<Origin> = Vec::new();
        for unit in units {
            origins.extend(unit.caller.origin(commands.len(), unit.commands.len()));
            parts.push(Part {
                caller: unit.caller,
                arrived: unit.arrived,
                commands: unit.commands.len(),
            });
            for it in unit.commands {
                commands.push(it.command);
                encoded.push(it.bytes);
            }
        }
        let format = commands.iter().map(|it| it.op.format()).max();
        let format = format.unwrap_or_default();
        let entry = Arc::new(Entry {
            format,
            at,
            commands,
        });
        let proposal = Proposal {
            bytes: ackord_proto::entry::join(format, at, &encoded),
            entry: Some(Arc::clone(&entry)),
            origins: origins.into(),
        };
        let proposed = Self {
            entry,
            encoded,
            parts,
            _slot: slot,
        };
        (proposed, proposal)
    }

    /// Tells each its answers.
    fn committed(self, outcome: Outcome) {
        let Outcome { index, at, answers } = outcome;
        let mut committed = answers
            .into_iter()
            .zip(0..)
            .map(|(answer, offset)| Committed {
                answer,
                position: Position { index, offset },
                at,
            });
        for part in self.parts {
            let mut share = committed.by_ref().take(part.commands);
            part.caller.committed(share.by_ref());
            // Whoever does not care has not taken them.
            share.for_each(drop);
        }
    }

    fn give_up(self) {
        for part in self.parts {
            part.caller.fail(ProposeError::Unknown);
        }
    }

    /// The units that it was made of.
    fn into_units(self) -> Vec<Unit> {
        let commands: Vec<Command> = Arc::unwrap_or_clone(self.entry).commands;
        let mut encoded = commands
            .into_iter()
            .zip(self.encoded)
            .map(|(command, bytes)| Encoded { command, bytes });
        let unit = |part: Part| Unit {
            commands: encoded.by_ref().take(part.commands).collect(),
            caller: part.caller,
            arrived: part.arrived,
        };
        self.parts.into_iter().map(unit).collect()
    }
}

/// Where an entry is answered, once. Dropped before that, nobody knows.
pub(crate) struct Landing {
    desk: Arc<Desk>,
    number: u64,
}

impl Landing {
    /// Makes an entry of units. Whoever lands it need not know them.
    pub(crate) fn new(
        desk: &Arc<Desk>,
        units: Vec<Unit>,
        at: Timestamp,
        slot: OwnedSemaphorePermit,
    ) -> (Self, Proposal) {
        let (proposed, proposal) = Proposed::of(units, at, slot);
        let number = desk.proposing.put(proposed);
        let desk = Arc::clone(desk);
        (Self { desk, number }, proposal)
    }

    pub(crate) fn land(self, result: Result<Outcome, ProposeFailure>) {
        let Some(proposed) = self.desk.proposing.take(self.number) else {
            return;
        };
        match result {
            Ok(outcome) => proposed.committed(outcome),
            Err(ProposeFailure::NotLeader { .. }) => self.desk.take_back(proposed.into_units()),
            Err(ProposeFailure::Unknown) => proposed.give_up(),
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if let Some(proposed) = self.desk.proposing.take(self.number) {
            proposed.give_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::answer::Reply;
    use ackord_core::command::{Actor, Op, Tick};
    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;
    use crate::caller::Answer;
    use crate::options::Options;

    fn tick() -> Encoded {
        let command = Command {
            by: Actor::Cluster,
            team: None,
            op: Op::Tick(Tick),
        };
        Encoded::new(command).expect("a tick is small")
    }

    fn submit(desk: &Desk, commands: usize) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        let commands = (0..commands).map(|_| tick()).collect();
        desk.submit(commands, Caller::Here(reply));
        answer
    }

    fn propose(desk: &Arc<Desk>) -> (Landing, Proposal) {
        let next = desk.next(&desk.proposing.slots).now_or_never();
        let (units, slot) = next.expect("something waits");
        Landing::new(desk, units, Timestamp(5), slot)
    }

    fn desk() -> Arc<Desk> {
        Arc::new(Desk::new(&Options::new(1), 7))
    }

    #[tokio::test]
    async fn each_caller_gets_its_own_answers() {
        let desk = desk();
        let mut first = submit(&desk, 2);
        let mut second = submit(&desk, 1);
        let (landing, proposal) = propose(&desk);
        assert_eq!(proposal.entry.expect("a value").commands.len(), 3);
        assert!(proposal.origins.is_empty());
        landing.land(Ok(Outcome {
            index: 9,
            at: Timestamp(5),
            answers: (1..=3).map(|done| Ok(Reply::Ticked { done })).collect(),
        }));
        let first = first.try_recv().expect("answered").expect("committed");
        let second = second.try_recv().expect("answered").expect("committed");
        assert_eq!(first.len(), 2);
        assert_eq!(second[0].answer, Ok(Reply::Ticked { done: 3 }));
        assert_eq!(
            second[0].position,
            Position {
                index: 9,
                offset: 2
            }
        );
        assert!(desk.proposing.drained().now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_is_not_in_the_log_waits_on_in_its_place() {
        let desk = desk();
        let mut first = submit(&desk, 1);
        let (one, _) = propose(&desk);
        let _second = submit(&desk, 2);
        let (two, _) = propose(&desk);
        let _third = submit(&desk, 3);
        let refused = || Err(ProposeFailure::NotLeader { leader: None });
        one.land(refused());
        two.land(refused());
        assert!(desk.was_refused());
        assert!(!desk.was_refused());
        assert!(first.try_recv().is_err());
        let (units, _) = desk
            .next(&desk.proposing.slots)
            .now_or_never()
            .expect("all wait");
        let sizes: Vec<usize> = units.iter().map(|it| it.commands.len()).collect();
        assert_eq!(sizes, [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_reply_that_is_dropped_is_unknown() {
        let desk = desk();
        let mut answer = submit(&desk, 1);
        drop(propose(&desk));
        assert_eq!(answer.try_recv(), Ok(Err(ProposeError::Unknown)));
    }

    #[tokio::test]
    async fn given_up_an_entry_frees_its_place_and_its_callers() {
        let desk = desk();
        let mut answer = submit(&desk, 1);
        let (landing, _) = propose(&desk);
        assert!(desk.proposing.drained().now_or_never().is_none());
        desk.give_up();
        assert_eq!(answer.try_recv(), Ok(Err(ProposeError::Unknown)));
        assert!(desk.proposing.drained().now_or_never().is_some());
        landing.land(Err(ProposeFailure::Unknown));
    }
}
