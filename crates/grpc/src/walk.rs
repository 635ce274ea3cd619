//! Walking over rows, some at a time.

use std::vec::IntoIter;

use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_machine::RowView;

/// Rows read at once.
const CHUNK: usize = 128;

/// The rows between two keys of a table, read as they are asked for.
pub(crate) struct Walk<'a> {
    rows: &'a RowView,
    from: Key,
    to: Key,
    back: bool,
    /// The last row that was read: it is not answered again.
    last: Option<Key>,
    chunk: IntoIter<(Key, Row)>,
    ended: bool,
}

impl<'a> Walk<'a> {
    /// The rows of `from <= key < to` in their order.
    pub(crate) fn forward(rows: &'a RowView, from: Key, to: Key) -> Self {
        Self::new(rows, from, to, false)
    }

    /// The rows of `from <= key < to`, the last one first.
    pub(crate) fn backward(rows: &'a RowView, from: Key, to: Key) -> Self {
        Self::new(rows, from, to, true)
    }

    fn new(rows: &'a RowView, from: Key, to: Key, back: bool) -> Self {
        Self {
            rows,
            from,
            to,
            back,
            last: None,
            chunk: Vec::new().into_iter(),
            ended: false,
        }
    }

    fn read(&mut self) -> Result<(), RowError> {
        let mut chunk = if self.back {
            let to = self.last.as_ref().unwrap_or(&self.to);
            self.rows.scan_back(&self.from, to, CHUNK)?
        } else {
            let from = self.last.as_ref().unwrap_or(&self.from);
            self.rows.scan(from, &self.to, CHUNK)?
        };
        self.ended = chunk.len() < CHUNK;
        if !self.back && self.last.is_some() && chunk.first().map(|it| &it.0) == self.last.as_ref()
        {
            chunk.remove(0);
        }
        if let Some((key, _)) = chunk.last() {
            self.last = Some(key.clone());
        }
        self.chunk = chunk.into_iter();
        Ok(())
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<(Key, Row), RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.chunk.next() {
                return Some(Ok(row));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.read() {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }
}

/// A row that is not of the kind that its key says.
pub(crate) fn unexpected(key: &Key) -> RowError {
    RowError(format!("unexpected row under {key:?}"))
}
