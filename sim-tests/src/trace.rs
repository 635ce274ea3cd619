//! The trace: a hash over everything that a run logs, of all crates. Two runs of one seed must have
//! the same one, or something reaches the simulation that does not come from the seed.

use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use madsim::time::TimeHandle;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The hash so far. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    hash: Arc<Mutex<Hash>>,
}

#[derive(Debug, Default)]
struct Hash {
    hasher: DefaultHasher,
    lines: u64,
}

impl Trace {
    /// Adds a line.
    pub fn add(&self, line: &str) {
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        hash.hasher.write(line.as_bytes());
        hash.hasher.write_u8(b'\n');
        hash.lines += 1;
    }

    /// The hash, and of how many lines it is.
    #[must_use]
    pub fn finish(&self) -> (u64, u64) {
        let hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        (hash.hasher.finish(), hash.lines)
    }
}

impl<S: Subscriber> Layer<S> for Trace {
    /// Spans are left out: they carry numbers of tasks, which count on from run to run.
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        let at = TimeHandle::try_current().map(|it| it.elapsed());
        let mut line = Line(format!("{at:?} {} {}", meta.level(), meta.target()));
        event.record(&mut line);
        self.add(&line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a text takes all");
    }
}
