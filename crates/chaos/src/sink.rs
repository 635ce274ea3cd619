//! What clients were told and what sessions saw: the witness that the judge hears.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use ackord_client::{Receipt, Taken, v1};

/// A submit that was answered.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The event that stands for it.
    pub event: String,
    /// How it was taken.
    pub taken: Taken,
    /// Index of the log entry that says so.
    pub index: u64,
}

/// A delivery that reached a session.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When, counted over everything that the sink heard.
    pub order: u64,
    /// The session's key.
    pub session: String,
    /// The delivery's number.
    pub delivery: u32,
}

/// An ack that was answered "it counts".
#[derive(Debug, Clone)]
pub struct Acked {
    /// When the answer was there, counted over everything that the sink heard.
    pub order: u64,
    /// The delivery's number.
    pub delivery: u32,
    /// Index of the log entry of the ack that counted.
    pub index: u64,
    /// It had counted before.
    pub again: bool,
}

/// All that was heard of one event.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    /// Its deliveries, in the order in which they came.
    pub seen: Vec<Seen>,
    /// Its acks.
    pub acked: Vec<Acked>,
    /// Why an ack was refused that had counted.
    pub disowned: Option<String>,
}

/// Everything that was heard.
#[derive(Debug, Default)]
pub struct Heard {
    order: u64,
    /// The answers to each submit's key.
    pub submits: BTreeMap<String, Vec<Accepted>>,
    /// Each event.
    pub events: BTreeMap<String, Witness>,
    /// Events in the order in which each session saw them first, anywhere.
    pub first_seen: BTreeMap<String, Vec<String>>,
    /// Events whose ack was answered.
    pub done: usize,
    /// Sessions that the server sent away, though nobody had told it to.
    pub refused: Vec<String>,
}

/// Hears, from many tasks at once.
#[derive(Debug, Default)]
pub struct Sink(Mutex<Heard>);

impl Sink {
    /// What was heard so far.
    pub fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0
            .lock()
            .expect("nobody panics while he tells the sink")
    }

    /// A submit was answered.
    pub fn accepted(&self, key: &str, receipt: &Receipt) {
        let accepted = Accepted {
            event: receipt.event_id.clone(),
            taken: receipt.taken,
            index: receipt.position.index,
        };
        self.heard()
            .submits
            .entry(key.to_owned())
            .or_default()
            .push(accepted);
    }

    /// A session was sent away for good.
    pub fn refused(&self, why: String) {
        self.heard().refused.push(why);
    }

    /// A session was given a delivery.
    pub fn seen(&self, session: &str, fence: &v1::Fence) {
        let mut heard = self.heard();
        let order = heard.next_order();
        let witness = heard.events.entry(fence.event_id.clone()).or_default();
        let first = witness.seen.is_empty();
        witness.seen.push(Seen {
            order,
            session: session.to_owned(),
            delivery: fence.delivery,
        });
        if first {
            let events = heard.first_seen.entry(session.to_owned()).or_default();
            events.push(fence.event_id.clone());
        }
    }

    /// An ack was answered.
    pub fn acked(&self, fence: &v1::Fence, answer: &v1::Acked) {
        let mut heard = self.heard();
        let order = heard.next_order();
        let acked = Acked {
            order,
            delivery: fence.delivery,
            index: answer.position.as_ref().map_or(0, |it| it.index),
            again: answer.again,
        };
        let witness = heard.events.entry(fence.event_id.clone()).or_default();
        let first = witness.acked.is_empty();
        witness.acked.push(acked);
        heard.done += usize::from(first);
    }

    /// The keys, at most so many, whose answers name the latest entries of the log.
    pub fn latest_keys(&self, keys_max: usize) -> Vec<String> {
        let heard = self.heard();
        let mut keys: Vec<_> = heard
            .submits
            .iter()
            .map(|(key, answers)| (answers[0].index, key))
            .collect();
        keys.sort_unstable_by(|a, b| b.cmp(a));
        let latest = keys.into_iter().take(keys_max);
        latest.map(|(_, key)| key.clone()).collect()
    }

    /// The acks, at most so many, whose answers name the latest entries of the log.
    pub fn latest_acks(&self, acks_max: usize) -> Vec<v1::Fence> {
        let heard = self.heard();
        let mut acks: Vec<_> = heard
            .events
            .iter()
            .filter_map(|(event, witness)| Some((witness.acked.first()?, event)))
            .collect();
        acks.sort_unstable_by_key(|(ack, event)| (Reverse(ack.index), *event));
        let latest = acks.into_iter().take(acks_max);
        latest
            .map(|(ack, event)| v1::Fence {
                event_id: event.clone(),
                delivery: ack.delivery,
            })
            .collect()
    }

    /// An ack that had counted was refused.
    pub fn disowned(&self, fence: &v1::Fence, why: String) {
        let mut heard = self.heard();
        let witness = heard.events.entry(fence.event_id.clone()).or_default();
        witness.disowned = Some(why);
    }

    /// Distinct keys that were accepted, and events whose ack was answered.
    pub fn progress(&self) -> (usize, usize) {
        let heard = self.heard();
        (heard.submits.len(), heard.done)
    }
}

impl Heard {
    fn next_order(&mut self) -> u64 {
        self.order += 1;
        self.order
    }
}
