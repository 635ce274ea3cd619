//! Features: what the work of a run makes use of.

/// What the work makes use of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Several submits under one dedup key.
    RepeatedKeys,
    /// Other content under a key that was used.
    Conflicts,
    /// Events of class priority.
    Priorities,
    /// Events of class interrupt.
    Interrupts,
    /// Events that share ordering keys.
    OrderingKeys,
    /// Queues that are strict.
    StrictQueues,
    /// The team's untagged queue.
    Untagged,
    /// Events that are not deliverable at once.
    Delays,
    /// Events that die if nobody has them in time.
    Ttl,
    /// Events that allow few attempts.
    FewAttempts,
    /// Bodies of some KiB.
    LargeBodies,
    /// Queues with a bound of leases a minute.
    Rates,
    /// Queues that are paused for a while.
    Pauses,
    /// Events that are cancelled.
    Cancels,
    /// Events that are sent round again, dead ones and done ones.
    Replays,
    /// Dead letters that are removed.
    Purges,
    /// Queues that drain for a while.
    Drains,
    /// Somebody of another team, who asks for what is not his, and tokens that allow too little.
    Strangers,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::RepeatedKeys,
        Self::Conflicts,
        Self::Priorities,
        Self::Interrupts,
        Self::OrderingKeys,
        Self::StrictQueues,
        Self::Untagged,
        Self::Delays,
        Self::Ttl,
        Self::FewAttempts,
        Self::LargeBodies,
        Self::Rates,
        Self::Pauses,
        Self::Drains,
        Self::Cancels,
        Self::Replays,
        Self::Purges,
        Self::Strangers,
    ];
}
