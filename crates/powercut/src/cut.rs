//! What a power loss takes, and the seeded choices of how much.

use std::ops::AddAssign;

/// How a power loss treats what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutMode {
    /// All of it is gone.
    Drop,
    /// Some of it reached the disk: of each file a prefix of its writes, the last one torn at a
    /// sector, and of each directory a prefix of its changes. The same seed over the same state
    /// makes the same choices.
    Tear(u64),
}

/// What one cut took away, so that a harness can tell whether it bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    /// Writes and truncations of files, a torn write among them.
    pub writes: u64,
    /// Bytes of those writes.
    pub bytes: u64,
    /// Directory operations: create, link, rename, unlink, mkdir, rmdir.
    pub names: u64,
}

impl AddAssign for Lost {
    fn add_assign(&mut self, other: Self) {
        self.writes += other.writes;
        self.bytes += other.bytes;
        self.names += other.names;
    }
}

/// SplitMix64: small, and the same on every machine and in every version.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `max`, both included.
    pub(crate) fn up_to(&mut self, max: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let chosen = u128::from(mixed) % (max as u128 + 1);
        usize::try_from(chosen).expect("at most max, which is a usize")
    }
}
