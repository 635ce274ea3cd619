//! Telling the story: each command of the journal on its own, from the first one on.
//!
//! Commands of one entry are given to the machine as entries of their own. Positions are then other
//! numbers in the same order, so they are compared within the story only.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::State;
use ackord_core::action::Action;
use ackord_core::command::{Entry, Fence};
use ackord_core::history::History;
use ackord_core::id::EventId;
use ackord_core::model::{Event, EventState};
use ackord_core::rows::{Change, Key, Row, RowError};

use super::{Lease, Move, QueueTraits, Scene, Story, Traits};
use crate::journal::Journal;
use crate::plan::NEXT_FORMAT;
use crate::table::Table;

/// More commands than an entry may have.
const COMMANDS_PER_ENTRY: u64 = 1 << 16;

/// Tells the story of a journal that begins with the first entry of its log.
#[must_use]
pub fn tell(journal: &Journal) -> Story {
    let mut teller = Teller {
        state: State::default().knowing(NEXT_FORMAT),
        ..Teller::default()
    };
    for (index, entry) in journal.entries() {
        if let Err(error) = teller.entry(index, entry) {
            teller.story.broken = Some(format!("entry {index}: {error}"));
            break;
        }
    }
    teller.story
}

#[derive(Default)]
struct Teller {
    state: State,
    table: Table,
    known: BTreeMap<EventId, Known>,
    leased: BTreeSet<Fence>,
    story: Story,
}

/// What was told of an event last.
#[derive(Debug, Clone, Copy)]
struct Known {
    state: EventState,
    steps: usize,
}

impl Teller {
    fn entry(&mut self, index: u64, entry: &Entry) -> Result<(), RowError> {
        for (nth, command) in (0..).zip(&entry.commands) {
            let alone = Entry {
                commands: vec![command.clone()],
                ..*entry
            };
            let mut batch = self.state.begin(&self.table);
            let mut answers = batch.entry(index * COMMANDS_PER_ENTRY + nth, &alone)?;
            let applied = batch.finish();
            let leases = self.leases(&applied.actions);
            let moves = applied
                .changes
                .iter()
                .filter_map(|it| self.learn(it))
                .collect();
            self.table.commit(applied.changes);
            self.story.scenes.push(Scene {
                number: self.story.scenes.len(),
                index,
                at: self.state.meta().now,
                command: command.clone(),
                answer: answers.pop().expect("an answer for each command"),
                moves,
                leases,
            });
        }
        Ok(())
    }

    /// Deliveries that are asked for again are no new ones.
    fn leases(&mut self, actions: &[Action]) -> Vec<Lease> {
        let lease = |action: &Action| match *action {
            Action::Deliver { session, fence, .. } => self
                .leased
                .insert(fence)
                .then_some(Lease { fence, session }),
            Action::Revoke { .. } | Action::Close { .. } | Action::TokenEnded(_) => None,
        };
        actions.iter().filter_map(lease).collect()
    }

    fn learn(&mut self, change: &Change) -> Option<Move> {
        match change {
            Change::Put(_, Row::Event(event)) => return Some(self.event(event)),
            Change::Delete(Key::Event(_, event)) => return self.forgotten(*event),
            Change::Put(_, Row::Queue(queue)) => {
                let traits = QueueTraits {
                    team: queue.team,
                    tag: queue.tag.clone(),
                    settings: queue.settings,
                };
                self.story.queues.insert(queue.id, traits);
            }
            Change::Put(_, Row::Cron(cron)) => {
                let label = cron.terms.label.clone();
                self.story.crons.insert(cron.id, label);
            }
            Change::Put(_, Row::Session(session)) => {
                self.story.sessions.insert(session.id, session.key.clone());
            }
            Change::Put(..) | Change::Delete(_) => {}
        }
        None
    }

    fn event(&mut self, event: &Event) -> Move {
        let after = Known {
            state: event.state,
            steps: length(&event.history),
        };
        let before = self.known.insert(event.id, after);
        let number = self.story.scenes.len();
        let traits = || Traits {
            queues: vec![(number, event.queue)],
            class: event.class,
            key: event.key.clone(),
        };
        let traits = self.story.events.entry(event.id).or_insert_with(traits);
        if traits.queues.last().map(|it| it.1) != Some(event.queue) {
            traits.queues.push((number, event.queue));
        }
        let new = after.steps - before.map_or(0, |it| it.steps);
        let steps = &event.history.steps;
        let first = steps.len().saturating_sub(new);
        Move {
            event: event.id,
            before: before.map(|it| it.state),
            after: Some(event.state),
            place: event.position,
            steps: steps[first..].iter().map(|it| it.kind.clone()).collect(),
        }
    }

    fn forgotten(&mut self, event: EventId) -> Option<Move> {
        let before = self.known.remove(&event)?;
        Some(Move {
            event,
            before: Some(before.state),
            after: None,
            place: Default::default(),
            steps: Vec::new(),
        })
    }
}

/// Steps that there ever were.
fn length(history: &History) -> usize {
    let dropped = usize::try_from(history.dropped).expect("a count of steps fits");
    history.steps.len() + dropped
}
