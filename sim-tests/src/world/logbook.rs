//! Copies the log from the disks, while servers run and after they crashed.

use std::ops::RangeInclusive;

use ackord_core::command::Entry;
use ackord_proto::stored::{self, log_record::Payload};
use ackord_store::{Disk, DiskOptions, SimDisk};
use prost::Message;

use crate::journal::{Journal, Line};

/// What a copy of a disk holds.
pub(super) struct Found {
    /// Entries of the log, by index.
    pub(super) lines: Vec<(u64, Line)>,
    /// The first index that the log has, or would have after a purge.
    pub(super) first: u64,
    /// The last entry that the flushed rows have.
    pub(super) flushed: u64,
}

/// Reads a disk as a process that starts now would find it. Nobody is disturbed.
pub(super) fn read(disk: &SimDisk, range: RangeInclusive<u64>) -> Result<Found, String> {
    let disk = Disk::simulated(&disk.fork(), &DiskOptions::default()).map_err(show)?;
    let (from, to) = range.into_inner();
    let entries = disk
        .log
        .read(from..to.saturating_add(1), usize::MAX)
        .map_err(show)?;
    let mut lines = Vec::with_capacity(entries.len());
    for (index, bytes) in entries {
        lines.push((index, line(bytes)?));
    }
    let purged = disk.log.purged().map_err(show)?;
    let purged = purged
        .map(|it| stored::LogId::decode(it).map_err(show))
        .transpose()?;
    let applied = disk.rows.applied().map_err(show)?;
    let applied = applied
        .map(|it| stored::AppliedRecord::decode(it).map_err(show))
        .transpose()?;
    Ok(Found {
        lines,
        first: purged.map_or(0, |it| it.index + 1),
        flushed: applied.and_then(|it| it.last).map_or(0, |it| it.index),
    })
}

fn line(bytes: bytes::Bytes) -> Result<Line, String> {
    let record = stored::LogRecord::decode(bytes).map_err(show)?;
    match record.payload {
        Some(Payload::Entry(bytes)) => {
            let entry: Entry = ackord_proto::entry::decode(bytes).map_err(show)?;
            Ok(Line::Commands(entry))
        }
        Some(Payload::Blank(_) | Payload::Membership(_)) => Ok(Line::Raft),
        None => Err("a log record without a payload".to_owned()),
    }
}

fn show(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Copies what a running server has applied since the last copy.
pub(super) fn follow(journal: &mut Journal, disk: &SimDisk, applied: u64) {
    let next = journal.last().map_or(0, |it| it + 1);
    if next > applied {
        return;
    }
    match read(disk, next..=applied) {
        Ok(found) => {
            for (index, line) in found.lines {
                journal.copy(index, line);
            }
            journal.applied(applied);
        }
        Err(error) => journal.unreadable.push(error),
    }
}

/// Compares what was copied with what a crash has left. Answers that, unless it cannot be read.
pub(super) fn compare(journal: &mut Journal, disk: &SimDisk) -> Option<Found> {
    let found = match read(disk, 0..=u64::MAX - 1) {
        Ok(found) => found,
        Err(error) => {
            journal.unreadable.push(error);
            return None;
        }
    };
    let Some(last) = journal.last() else {
        return Some(found);
    };
    for (index, line) in found.lines.iter().filter(|it| it.0 <= last) {
        journal.copy(*index, line.clone());
    }
    let end = found.lines.last().map_or(found.first, |it| it.0 + 1);
    journal.missing.extend(end..=last);
    Some(found)
}
