//! Draws: all that the harness itself decides by chance. They come from the seed and from a name,
//! not from the simulation's own generator, so that one actor's draws do not move another's.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A stream of random numbers (splitmix64: every state is a good one).
#[derive(Debug, Clone)]
pub struct Draw {
    origin: u64,
    state: u64,
}

impl Draw {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            origin: seed,
            state: seed,
        }
    }

    /// The stream of a name under this seed. However much was drawn here, it is the same one.
    #[must_use]
    pub fn fork(&self, name: &str) -> Self {
        let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let name = name.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
        Self::new(mix(self.origin ^ mix(name)))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number of the range. Its ends may come up too.
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (from, to) = range.into_inner();
        let count = (to - from).saturating_add(1);
        // The bias is far below what any test could see.
        from + self.number() % count
    }

    /// An index into something of this length, which must not be zero.
    pub fn index(&mut self, length: usize) -> usize {
        let last = u64::try_from(length).expect("a length fits") - 1;
        usize::try_from(self.within(0..=last)).expect("less than a length")
    }

    /// True so many times out of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.within(1..=100) <= percent
    }

    /// One of these. There must be one.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }

    /// One of these, each as often as its weight says. One must have a weight.
    pub fn weighted<T: Copy>(&mut self, from: &[(T, u64)]) -> T {
        let sum: u64 = from.iter().map(|it| it.1).sum();
        let mut left = self.within(1..=sum);
        for (it, weight) in from {
            if left <= *weight {
                return *it;
            }
            left -= weight;
        }
        unreachable!("the weights have been summed up")
    }

    /// A time of so many milliseconds.
    pub fn millis(&mut self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }
}

fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_does_not_depend_on_what_was_drawn() {
        let mut one = Draw::new(7);
        let two = one.clone();
        one.number();
        assert_eq!(one.fork("a").number(), two.fork("a").number());
        assert_ne!(one.fork("a").number(), two.fork("b").number());
    }

    #[test]
    fn ranges_and_weights_are_kept() {
        let mut draw = Draw::new(1);
        let drawn: Vec<u64> = (0..1000).map(|_| draw.within(3..=5)).collect();
        assert!(drawn.iter().all(|it| (3..=5).contains(it)));
        assert!((3..=5).all(|it| drawn.contains(&it)));
        assert!((0..100).all(|_| draw.weighted(&[(1, 0), (2, 9)]) == 2));
        assert!((0..100).all(|_| draw.chance(100) && !draw.chance(0)));
    }
}
