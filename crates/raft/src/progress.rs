//! Whether a thread gets on with its work.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Notes since when a thread is at one piece of work. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<Option<Instant>>>);

impl Progress {
    /// Since how long it is at the same piece of work; none: it waits for some.
    #[must_use]
    pub fn busy_for(&self) -> Option<Duration> {
        let since = *self.since();
        since.map(|it| it.elapsed())
    }

    /// A piece of work begins: answers when.
    pub(crate) fn begins(&self) -> Instant {
        *self.since().insert(Instant::now())
    }

    /// It is done.
    pub(crate) fn ends(&self) {
        *self.since() = None;
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_busy_from_the_begin_of_its_work_to_the_end() {
        let progress = Progress::default();
        let seen = progress.clone();
        assert_eq!(seen.busy_for(), None);
        progress.begins();
        assert!(seen.busy_for().is_some());
        progress.ends();
        assert_eq!(seen.busy_for(), None);
    }
}
