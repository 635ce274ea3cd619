//! Planted bugs: what a durability test must be able to see.

/// Bugs put in on purpose, so that a test can be seen to fail. No configuration sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Planted {
    /// [`crate::LogStore::sync`] and truncation report success without a sync.
    pub skip_log_sync: bool,
    /// [`crate::LogStore::save_vote`] reports success without a sync.
    pub skip_vote_sync: bool,
}
