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

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        /// At the end of the run.
        Append,
        /// Anywhere.
        Insert(u16),
        /// From the front.
        Take,
        /// One of those that are there.
        Remove(u16),
        /// Reads ahead, as it is done where the front is not known.
        Load,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => Just(Step::Append),
            1 => any::<u16>().prop_map(Step::Insert),
            2 => Just(Step::Take),
            1 => any::<u16>().prop_map(Step::Remove),
            2 => Just(Step::Load),
        ]
    }

    proptest! {
        /// Whatever comes and goes, a window holds the first keys of its run, or none of them.
        #[test]
        fn a_window_is_the_front_of_its_run(steps in prop::collection::vec(step(), 0..400)) {
            let (mut run, mut window) = (BTreeSet::new(), Window::default());
            for step in steps {
                let present = |at: u16| run.iter().nth(usize::from(at) % run.len().max(1)).copied();
                let (new, gone) = match step {
                    Step::Append => (Some(run.last().map_or(0, |it| it + 5)), None),
                    Step::Insert(at) => (Some(u32::from(at)), None),
                    Step::Take => (None, run.first().copied()),
                    Step::Remove(at) => (None, present(at)),
                    Step::Load => (None, None),
                };
                if let Some(key) = new.filter(|it| !run.contains(it)) {
                    window.insert(key, run.len() as u64);
                    run.insert(key);
                }
                if let Some(key) = gone {
                    window.remove(key);
                    run.remove(&key);
                }
                if matches!(step, Step::Load) && window.first().is_none() {
                    window.fill(run.iter().take(WINDOW).copied().collect());
                }
                let held: Vec<u32> = window.keys().collect();
                prop_assert!(held.len() <= WINDOW);
                let front: Vec<u32> = run.iter().take(held.len()).copied().collect();
                prop_assert_eq!(held, front);
            }
        }
    }
}
