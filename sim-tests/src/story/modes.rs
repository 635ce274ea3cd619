//! Whether queues take and give, as the log has said so far.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::Op;
use ackord_core::id::{QueueId, TeamId};
use ackord_core::model::Mode;
use ackord_core::text::Tag;

use super::Scene;

/// The name of a queue: the team that a command concerns, and the tag that it states.
type Name = (Option<TeamId>, Option<Tag>);

/// See the module. A queue that nobody has ever set is not among them.
#[derive(Debug, Clone, Default)]
pub struct Modes {
    names: BTreeMap<Name, QueueId>,
    modes: BTreeMap<QueueId, Mode>,
}

impl Modes {
    /// Learns from a command.
    pub fn follow(&mut self, scene: &Scene) {
        if let (Op::SetMode(it), Ok(Reply::Queue(queue, _))) = (&scene.command.op, &scene.answer) {
            self.names
                .insert((scene.command.team, it.tag.clone()), *queue);
            self.modes.insert(*queue, it.mode);
        }
    }

    /// That of a queue.
    #[must_use]
    pub fn of(&self, queue: QueueId) -> Mode {
        self.modes.get(&queue).copied().unwrap_or_default()
    }

    /// The queue of a name.
    #[must_use]
    pub fn named(&self, team: Option<TeamId>, tag: Option<&Tag>) -> Option<QueueId> {
        self.names.get(&(team, tag.cloned())).copied()
    }
}
