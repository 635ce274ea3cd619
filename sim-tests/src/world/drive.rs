//! A disk that can be taken out of a server, and put into another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ackord_store::SimDisk;

/// What the number of a server's next disk is greater by.
const NEXT: usize = 10;

/// See the module. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub(super) struct Drive {
    /// No other disk has it. A server's first disk has the server's.
    pub(super) number: usize,
    pub(super) disk: SimDisk,
    /// The node that serves from it; zero: none has.
    node: Arc<AtomicU64>,
    /// Whoever runs on it may be told to end.
    is_unwanted: Arc<AtomicBool>,
    /// It cannot be read as what it was.
    is_rotten: Arc<AtomicBool>,
}

impl Drive {
    /// An empty disk.
    pub(super) fn new(number: usize) -> Self {
        Self {
            number,
            disk: SimDisk::new(),
            node: Arc::default(),
            is_unwanted: Arc::default(),
            is_rotten: Arc::default(),
        }
    }

    /// An empty disk, in the place of this one.
    pub(super) fn successor(&self) -> Self {
        Self::new(self.number + NEXT)
    }

    /// A copy of it as it is now. Nobody may run on it.
    pub(super) fn copy(&self, number: usize) -> Self {
        Self {
            disk: self.disk.fork(),
            is_unwanted: Arc::new(AtomicBool::new(true)),
            ..Self::new(number)
        }
    }

    /// A node serves from it.
    pub(super) fn serves(&self, node: u64) {
        self.node.store(node, Ordering::Relaxed);
    }

    /// The node that serves from it, or has.
    pub(super) fn node(&self) -> Option<u64> {
        let node = self.node.load(Ordering::Relaxed);
        (node != 0).then_some(node)
    }

    /// From now on whoever runs on it may be told to end, or may not.
    pub(super) fn unwanted(&self, is_so: bool) {
        self.is_unwanted.store(is_so, Ordering::Relaxed);
    }

    /// Bits of it turn: nobody may run on it, nor can what it holds be compared any more.
    pub(super) fn rots(&self) {
        self.unwanted(true);
        self.is_rotten.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_rotten(&self) -> bool {
        self.is_rotten.load(Ordering::Relaxed)
    }

    pub(super) fn is_unwanted(&self) -> bool {
        self.is_unwanted.load(Ordering::Relaxed)
    }
}
