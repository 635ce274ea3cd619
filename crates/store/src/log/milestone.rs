//! Milestones: how many bytes of a log stand before an index. They are noted while a start reads
//! the whole log anyway, so that whoever lets go of a log by its bytes need not begin to count at
//! nothing.

/// Bytes between two milestones. A simulated log is small.
pub const MILESTONE_EVERY: u64 = if cfg!(madsim) { 1 << 10 } else { 1 << 20 };

/// An entry, and what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// The index of the entry.
    pub index: u64,
    /// Bytes of the entries before it, those alone that are there.
    pub before: u64,
}

/// The milestones of a log, as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Milestones {
    /// Ascending; the first entry is one, and then one every [`MILESTONE_EVERY`] bytes.
    pub all: Vec<Milestone>,
    /// Bytes of all entries.
    pub bytes: u64,
}

impl Milestones {
    /// Goes on to the next entry, of so many bytes.
    pub(super) fn pass(&mut self, index: u64, bytes: usize) {
        let due = self
            .all
            .last()
            .is_none_or(|it| self.bytes - it.before >= MILESTONE_EVERY);
        if due {
            let before = self.bytes;
            self.all.push(Milestone { index, before });
        }
        self.bytes += bytes as u64;
    }
}
