//! Reads of the log: from memory where it is recent, from the store otherwise, a bounded number
//! of bytes at a time.

use std::fmt::Debug;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

use ackord_store::LogStore;
use futures::{Stream, StreamExt, stream};
use openraft::{OptionalSend, RaftLogReader};

use super::{Shared, size};
use crate::record;
use crate::types::{Entry, LogId, TypeConfig, Vote};

/// Bytes of entries that are in memory at once while they are applied, unless the first one alone
/// is larger.
const READ_BYTES_MAX: usize = 8 << 20;
/// Bytes of entries in one message to a peer, unless the first one alone is larger.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// A reader of the log. Any number may read at the same time.
#[derive(Clone)]
pub(crate) struct LogReader {
    shared: Arc<Shared>,
}

impl LogReader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The first entries of the range, at least one if there is one, up to a number of bytes.
    fn read_some(&self, range: Range<u64>, bytes_max: usize) -> io::Result<Vec<Entry>> {
        let (stored, held) = self.shared.tail().read(range);
        let mut entries = Vec::new();
        let mut left = bytes_max;
        if !stored.is_empty() {
            for (index, bytes) in self.shared.store.read(stored.clone(), bytes_max)? {
                let entry = record::decode_entry(index, &bytes)?;
                left = left.saturating_sub(size(&entry));
                entries.push(entry);
            }
            let next = entries
                .last()
                .map_or(stored.start, |it| it.log_id.index + 1);
            if next < stored.end && !entries.is_empty() {
                return Ok(entries);
            }
        }
        for entry in held {
            if !entries.is_empty() && size(&entry) > left {
                break;
            }
            left = left.saturating_sub(size(&entry));
            entries.push(entry);
        }
        Ok(entries)
    }

    /// Every entry of the range that the log has.
    fn read_all(&self, range: Range<u64>) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let some = self.read_some(start..range.end, READ_BYTES_MAX)?;
            let Some(last) = some.last() else { break };
            start = last.log_id.index + 1;
            entries.extend(some);
        }
        Ok(entries)
    }
}

impl RaftLogReader<TypeConfig> for LogReader {
    async fn try_get_log_entries<R>(&mut self, range: R) -> Result<Vec<Entry>, io::Error>
    where
        R: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        self.read_all(half_open(&range))
    }

    /// What one message to a peer takes.
    async fn limited_get_log_entries(
        &mut self,
        start: u64,
        end: u64,
    ) -> Result<Vec<Entry>, io::Error> {
        self.read_some(start..end, MESSAGE_BYTES_MAX)
    }

    /// Reads as it is consumed, so that replaying a long log holds little of it in memory.
    async fn entries_stream<R>(
        &mut self,
        range: R,
    ) -> impl Stream<Item = Result<Entry, io::Error>> + OptionalSend
    where
        R: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let range = half_open(&range);
        let chunks = stream::unfold((self.clone(), range), |(reader, range)| async move {
            let some = match reader.read_some(range.clone(), READ_BYTES_MAX) {
                Ok(some) => some,
                Err(error) => return Some((vec![Err(error)], (reader, range.end..range.end))),
            };
            let next = some.last()?.log_id.index + 1;
            let entries: Vec<io::Result<Entry>> = some.into_iter().map(Ok).collect();
            Some((entries, (reader, next..range.end)))
        });
        chunks.flat_map(stream::iter).boxed()
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(*self.shared.vote())
    }
}

/// The id of the entry at `index`, which is in the store.
pub(super) fn read_one(store: &LogStore, index: u64) -> io::Result<LogId> {
    let found = store.read(index..index + 1, 0)?;
    let (_, bytes) = found.first().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("log entry {index} is missing"),
        )
    })?;
    Ok(record::decode_entry(index, bytes)?.log_id)
}

fn half_open(range: &impl RangeBounds<u64>) -> Range<u64> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => last.saturating_add(1),
        Bound::Excluded(end) => *end,
        Bound::Unbounded => u64::MAX,
    };
    start..end.max(start)
}
