//! A batch: writes that happen together or not at all.

use super::Family;

/// One write of a [`Batch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets the value under a key.
    Put(Family, Vec<u8>, Vec<u8>),
    /// Removes a key.
    Delete(Family, Vec<u8>),
    /// Removes all keys from the first to before the second.
    DeleteRange(Family, Vec<u8>, Vec<u8>),
}

/// Writes that happen together or not at all, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    writes: Vec<Write>,
}

impl Batch {
    /// An empty batch with room for `writes`.
    #[must_use]
    pub fn with_capacity(writes: usize) -> Self {
        Self {
            writes: Vec::with_capacity(writes),
        }
    }

    /// Sets the value under `key`.
    pub fn put(&mut self, family: Family, key: Vec<u8>, value: Vec<u8>) {
        self.writes.push(Write::Put(family, key, value));
    }

    /// Removes `key`.
    pub fn delete(&mut self, family: Family, key: Vec<u8>) {
        self.writes.push(Write::Delete(family, key));
    }

    /// Removes `from <= key < to`.
    pub fn delete_range(&mut self, family: Family, from: Vec<u8>, to: Vec<u8>) {
        self.writes.push(Write::DeleteRange(family, from, to));
    }

    /// The writes, in order.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// The writes, in order.
    #[must_use]
    pub fn into_writes(self) -> Vec<Write> {
        self.writes
    }
}
