//! Habits: what sessions do with what they are given. All of them also just work.

/// What a session may do with a delivery, besides working on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Habit {
    /// Acks without a claim, at once.
    Hurry,
    /// Works for longer than its lease, and acks all the same.
    AckLate,
    /// Acks twice, the second time apart from its stream.
    AckTwice,
    /// Acks a delivery that somebody had earlier, under its old number.
    AckStale,
    /// Extends its lease some times, then acks.
    Extend,
    /// Gives the event back.
    Retry,
    /// Says that nobody should try again.
    Reject,
    /// Never claims, and says nothing for longer than the claim limit.
    Deaf,
    /// Claims, and says nothing for longer than the lease.
    Fade,
    /// Crashes, and another process of it comes.
    Crash,
    /// Crashes, and comes back as the same process.
    Return,
    /// Is replaced by another process while it still works.
    Replaced,
    /// Says good-bye with the event in hand, and comes again later.
    Leave,
}

impl Habit {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Hurry,
        Self::AckLate,
        Self::AckTwice,
        Self::AckStale,
        Self::Extend,
        Self::Retry,
        Self::Reject,
        Self::Deaf,
        Self::Fade,
        Self::Crash,
        Self::Return,
        Self::Replaced,
        Self::Leave,
    ];
}
