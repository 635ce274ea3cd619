//! The next few keys of a run of index rows, so that taking from its front reads rows once in
//! [`WINDOW`] times. A cache: what it holds decides nothing, and it is not part of the state.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::limits::WINDOW;

/// The first keys of a run, in order, possibly none of them.
#[derive(Debug, Clone)]
pub(crate) struct Window<K> {
    front: VecDeque<K>,
}

impl<K> Default for Window<K> {
    fn default() -> Self {
        Self {
            front: VecDeque::new(),
        }
    }
}

/// Two states are the same whatever their caches hold.
impl<K> PartialEq for Window<K> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<K: Ord + Copy> Window<K> {
    pub(crate) fn first(&self) -> Option<K> {
        self.front.front().copied()
    }

    /// All that it holds, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = K> {
        self.front.iter().copied()
    }

    pub(crate) fn fill(&mut self, keys: Vec<K>) {
        debug_assert!(keys.is_sorted());
        self.front = keys.into();
    }

    /// Tells of a new key. `len` counts the run's keys before it.
    pub(crate) fn insert(&mut self, key: K, len: u64) {
        let whole = self.front.len() as u64 == len;
        let inside = self.front.back().is_some_and(|last| key < *last);
        if !inside && !whole {
            return;
        }
        let at = self.front.partition_point(|it| *it < key);
        self.front.insert(at, key);
        self.front.truncate(WINDOW);
    }

    /// Tells that a key is gone.
    pub(crate) fn remove(&mut self, key: K) {
        if let Ok(at) = self.front.binary_search(&key) {
            self.front.remove(at);
        }
    }
}
