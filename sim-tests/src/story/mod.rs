//! The story: the journal told command by command, as `ackord-core` carries it out. It says in which
//! order things were decided, which neither sessions nor rows can tell.
//!
//! The story is Ackord's own account. It is a witness for order and causes, and it is held against
//! the history, which is what the world saw.

mod alarm;
mod modes;
mod tell;

use std::collections::BTreeMap;

use ackord_core::command::{Command, Fence};
use ackord_core::history::StepKind;
use ackord_core::id::{CronId, EventId, QueueId, SessionId, TeamId};
use ackord_core::model::{Class, EventState, QueueSettings};
use ackord_core::text::{Label, OrderingKey, SessionKey, Tag};
use ackord_core::time::{Position, Timestamp};

pub use alarm::alarm_of;
pub use modes::Modes;
pub use tell::tell;

/// One command, and what it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Its number in the story.
    pub number: usize,
    /// The entry of the log.
    pub index: u64,
    /// Log time.
    pub at: Timestamp,
    /// What was asked.
    pub command: Command,
    /// What was answered.
    pub answer: ackord_core::answer::Answer,
    /// Events that it touched, by id.
    pub moves: Vec<Move>,
    /// New deliveries, in the order in which they were decided.
    pub leases: Vec<Lease>,
}

/// What a command did to an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Which.
    pub event: EventId,
    /// Its state before; none: it did not exist.
    pub before: Option<EventState>,
    /// Its state after; none: it does not exist any more.
    pub after: Option<EventState>,
    /// Its place after. Comparable within a story, and no position of the log.
    pub place: Position,
    /// What was added to its history.
    pub steps: Vec<StepKind>,
}

/// A delivery, as it was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Names it.
    pub fence: Fence,
    /// To whom.
    pub session: SessionId,
}

/// What never changes of an event, and its queues.
#[derive(Debug, Clone, PartialEq)]
pub struct Traits {
    /// Its queues, each with the number of the scene that brought it there. A handoff brings it to
    /// another one.
    pub queues: Vec<(usize, QueueId)>,
    /// Its class.
    pub class: Class,
    /// Its ordering key.
    pub key: Option<OrderingKey>,
}

/// A queue, as it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueTraits {
    /// Its team.
    pub team: TeamId,
    /// Its tag.
    pub tag: Option<Tag>,
    /// Its settings.
    pub settings: QueueSettings,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Story {
    /// Command by command.
    pub scenes: Vec<Scene>,
    /// All events that ever were.
    pub events: BTreeMap<EventId, Traits>,
    /// All queues.
    pub queues: BTreeMap<QueueId, QueueTraits>,
    /// All crons that ever were, by the label that each had last.
    pub crons: BTreeMap<CronId, Label>,
    /// All sessions that ever were.
    pub sessions: BTreeMap<SessionId, SessionKey>,
    /// Why it could not be told to its end.
    pub broken: Option<String>,
}

impl Story {
    /// Each thing that happened to an event, with the number of its scene.
    pub fn moves(&self) -> impl Iterator<Item = (usize, &Scene, &Move)> {
        let scenes = self.scenes.iter().enumerate();
        scenes.flat_map(|(number, scene)| scene.moves.iter().map(move |it| (number, scene, it)))
    }

    /// Each delivery, with the number of its scene.
    pub fn leases(&self) -> impl Iterator<Item = (usize, &Scene, Lease)> {
        let scenes = self.scenes.iter().enumerate();
        scenes.flat_map(|(number, scene)| scene.leases.iter().map(move |it| (number, scene, *it)))
    }

    /// The queue of an event, as a scene leaves it.
    #[must_use]
    pub fn queue_of(&self, event: EventId, scene: &Scene) -> QueueId {
        let queues = &self.traits(event).queues;
        let by_then = queues.iter().rev().find(|it| it.0 <= scene.number);
        by_then.or(queues.first()).expect("it has one").1
    }

    /// What never changes of an event. The story knows all events that it speaks of.
    #[must_use]
    pub fn traits(&self, event: EventId) -> &Traits {
        self.events
            .get(&event)
            .expect("the story has introduced every event that it names")
    }
}

/// The event is done for good, or a dead letter: it stands in nobody's way.
#[must_use]
pub fn is_over(state: EventState) -> bool {
    match state {
        EventState::Dead { .. } | EventState::Ended { .. } => true,
        EventState::Delayed { .. }
        | EventState::Held { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Backoff { .. } => false,
    }
}
