//! What an engine uses of its machine, and whether it keeps up.

/// Figures of one engine at one moment. All zero where nothing is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Bytes of its files.
    pub disk_bytes: u64,
    /// Bytes of what is in memory and not flushed yet.
    pub memtable_bytes: u64,
    /// Bytes of blocks that were read and are kept in memory.
    pub cache_bytes: u64,
    /// Bytes that compactions have yet to write again, by its own estimate.
    pub compaction_pending_bytes: u64,
    /// Compactions that run.
    pub compactions_running: u64,
    /// Flushes that run.
    pub flushes_running: u64,
    /// Bytes a second to which writes are slowed down; 0: they are not.
    pub write_rate_limit: u64,
    /// Whether no write is taken until flushes or compactions have caught up.
    pub writes_stopped: bool,
}
