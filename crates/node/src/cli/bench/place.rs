//! Bodies and tags of a run.

use bytes::Bytes;
use rand::Rng;

/// Random bytes that bodies are cut from: large enough that the disk's compression finds nothing.
const POOL_BYTES: usize = 4 << 20;

/// Cuts bodies of one length.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    pool: Bytes,
    length: usize,
}

impl Bodies {
    pub(super) fn new(length: usize) -> Self {
        let mut pool = vec![0; POOL_BYTES.max(length * 2)];
        rand::rng().fill_bytes(&mut pool);
        Self {
            pool: pool.into(),
            length,
        }
    }

    /// A body, at random.
    pub(super) fn cut(&self) -> Bytes {
        let from = rand::random_range(0..=self.pool.len() - self.length);
        self.pool.slice(from..from + self.length)
    }
}

/// Tags of one run, so that it meets no other's events: a name with the run's own letters.
#[derive(Debug, Clone)]
pub(super) struct Tags {
    run: String,
    count: usize,
}

impl Tags {
    /// `count` tags, at least one.
    pub(super) fn new(what: &str, count: usize) -> Self {
        let run = format!("bench-{what}-{:08x}", rand::random::<u32>());
        Self {
            run,
            count: count.max(1),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The tag of a caller, session or event.
    pub(super) fn of(&self, number: usize) -> String {
        format!("{}-{}", self.run, number % self.count)
    }
}
