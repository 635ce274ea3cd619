//! Where a node is in its life: noted by whoever starts and stops it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ackord_machine::Machine;
use prometheus_client::registry::Registry;

/// Where a node is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// It opens and verifies its disk.
    #[default]
    Opening,
    /// It waits until the other first members of its cluster are there.
    Gathering,
    /// It waits for a leader, and applies what it lacks.
    Recovering,
    /// It serves.
    Serving,
    /// It was asked to stop, and hands over what it has.
    Draining,
}

/// See the module. Clones are the same one.
#[derive(Clone, Default)]
pub struct Life(Arc<Mutex<Now>>);

#[derive(Default)]
struct Now {
    stage: Stage,
    machine: Option<Machine>,
    registry: Arc<Registry>,
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Life").field(&self.stage()).finish()
    }
}

impl Life {
    /// Where the node is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.now().stage
    }

    /// The node has come so far.
    pub fn is(&self, stage: Stage) {
        self.now().stage = stage;
    }

    /// The node's machine runs.
    pub fn has(&self, machine: &Machine) {
        self.now().machine = Some(machine.clone());
    }

    /// What the node counts and times.
    pub fn counts(&self, registry: Registry) {
        self.now().registry = Arc::new(registry);
    }

    /// The machine has ended, or is about to.
    pub fn ends(&self) {
        self.now().machine = None;
    }

    /// The node's machine, while it runs.
    #[cfg(not(madsim))]
    pub(crate) fn machine(&self) -> Option<Machine> {
        self.now().machine.clone()
    }

    #[cfg(not(madsim))]
    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.now().registry)
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // Nothing in here panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
