//! Chores: what is done to the members of a cluster while it works.

/// What the keeper of the servers does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chore {
    /// One more server.
    Grow,
    /// One server less, which then starts once more, and must not.
    Shrink,
    /// A server loses its disk and gets an empty one, at the same address.
    Rebuild,
    /// A server is gone for good, and another one comes in its place. Later the first one starts
    /// again, and must not.
    Move,
    /// Another server leads.
    Lead,
    /// A server is given the disk of another one, or a copy of it, and must not run.
    Mixup,
    /// A server is given an old copy of its own disk, and must not run. In the calm: memory of
    /// processes tells such a disk, which they must have and be able to exchange.
    Restore,
    /// Bits of a server's disk turn while it is down; then the disk is replaced.
    Rot,
    /// A server gets the next program; when all have it, the cluster's format is raised. A server
    /// that goes back to the old program after that must not run.
    Upgrade,
    /// The clock of the server that leads is set far off, and another one must lead. In the calm:
    /// it takes others that are there and can be asked.
    Skew,
}

impl Chore {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Grow,
        Self::Shrink,
        Self::Rebuild,
        Self::Move,
        Self::Lead,
        Self::Mixup,
        Self::Restore,
        Self::Rot,
        Self::Upgrade,
        Self::Skew,
    ];

    /// Whether it is done in the calm, where nothing else breaks.
    #[must_use]
    pub const fn needs_calm(self) -> bool {
        matches!(self, Self::Restore | Self::Skew)
    }
}
