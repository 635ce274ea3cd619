//! Marks: what a run has come across. A judge that never met a takeover has proved nothing about
//! takeovers, so a long campaign in which a mark was never seen is a failure.

mod all;
mod signs;

use ackord_core::history::StepKind;

use crate::history::{Fault, Operation};
use crate::journal::Journal;
use crate::judge::Evidence;
use crate::story::{Move, Scene, Story};

pub use all::MARKS;

/// Something worth coming across.
#[derive(Clone, Copy)]
pub struct Mark {
    /// Its name.
    pub name: &'static str,
    seen: Seen,
}

/// Where a mark is seen.
#[derive(Clone, Copy)]
enum Seen {
    /// In how an operation ended.
    Operation(fn(&Operation<'_>) -> bool),
    /// In what was done to the world.
    Fault(fn(&Fault) -> bool),
    /// In what a command did to an event.
    Move(fn(&Scene, &Move) -> bool),
    /// In a step of an event.
    Step(fn(&StepKind) -> bool),
    /// In a command.
    Scene(fn(&Scene) -> bool),
    /// In all that the log tells: so often.
    Story(fn(&Story) -> usize),
    /// In the logs of all servers: so often.
    Logs(fn(&Journal) -> usize),
}

const fn operation(name: &'static str, seen: fn(&Operation<'_>) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Operation(seen),
    }
}

const fn fault(name: &'static str, seen: fn(&Fault) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Fault(seen),
    }
}

const fn moved(name: &'static str, seen: fn(&Scene, &Move) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Move(seen),
    }
}

const fn step(name: &'static str, seen: fn(&StepKind) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Step(seen),
    }
}

const fn scene(name: &'static str, seen: fn(&Scene) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Scene(seen),
    }
}

const fn story(name: &'static str, seen: fn(&Story) -> usize) -> Mark {
    Mark {
        name,
        seen: Seen::Story(seen),
    }
}

const fn logs(name: &'static str, seen: fn(&Journal) -> usize) -> Mark {
    Mark {
        name,
        seen: Seen::Logs(seen),
    }
}

impl Mark {
    /// How often the run has come across it.
    #[must_use]
    pub fn count(&self, evidence: &Evidence, operations: &[Operation<'_>]) -> usize {
        let story = &evidence.story;
        match self.seen {
            Seen::Operation(seen) => operations.iter().filter(|it| seen(it)).count(),
            Seen::Fault(seen) => evidence.history.faults().filter(|it| seen(it)).count(),
            Seen::Move(seen) => story
                .moves()
                .filter(|(_, scene, it)| seen(scene, it))
                .count(),
            Seen::Scene(seen) => story.scenes.iter().filter(|it| seen(it)).count(),
            Seen::Story(count) => count(story),
            Seen::Logs(count) => count(&evidence.journal),
            Seen::Step(seen) => story
                .moves()
                .flat_map(|(_, _, it)| &it.steps)
                .filter(|it| seen(it))
                .count(),
        }
    }
}
