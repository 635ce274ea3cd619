//! Copies the log from the disks, while servers run and after they crashed.

use std::hash::{DefaultHasher, Hasher};

use ackord_proto::stored::{self, log_record::Payload};
use ackord_store::{Disk, DiskOptions, SimDisk};
use prost::Message;

use crate::journal::{Ends, Journal, Leader, Line, Record, Seats, What};
use crate::plan::NEXT_FORMAT;

/// What a copy of a disk holds.
struct Found {
    /// Entries of the log, in order.
    records: Vec<Record>,
    /// The last entry that was purged.
    purged: Option<u64>,
    /// The last entry that the flushed rows have.
    flushed: Option<u64>,
    vote: Option<Leader>,
}

impl Found {
    fn ends(&self) -> Ends {
        let last = self.records.last().map(|it| it.index);
        Ends {
            log: last.max(self.purged),
            rows: self.flushed,
        }
    }
}

/// What a process finds that starts now.
pub(super) struct Start {
    /// Entries of the log that its flushed rows do not have.
    pub(super) behind: u64,
    /// Whether the beginning of the log is gone.
    pub(super) purged: bool,
}

/// Reads a disk from an entry on as a process that starts now would find it. Nobody is disturbed.
fn read(disk: &SimDisk, from: u64) -> Result<Found, String> {
    let disk = Disk::simulated(&disk.fork(), &DiskOptions::default()).map_err(show)?;
    let entries = disk.log.read(from..u64::MAX, usize::MAX).map_err(show)?;
    let records = entries.into_iter().map(|(index, bytes)| {
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        let line = line(bytes)?;
        let hash = hasher.finish();
        Ok::<_, String>(Record { index, line, hash })
    });
    let records = records.collect::<Result<_, _>>()?;
    let purged = disk.log.purged().map_err(show)?;
    let purged = purged.map(|it| stored::LogId::decode(it).map_err(show));
    let vote = disk.log.vote().map_err(show)?;
    let vote = vote.map(|it| stored::Vote::decode(it).map_err(show));
    let applied = disk.rows.applied().map_err(show)?;
    let applied = applied.map(|it| stored::AppliedRecord::decode(it).map_err(show));
    Ok(Found {
        records,
        purged: purged.transpose()?.map(|it| it.index),
        flushed: applied
            .transpose()?
            .and_then(|it| it.last)
            .map(|it| it.index),
        vote: vote.transpose()?.map(|it| Leader {
            term: it.term,
            node: it.node,
        }),
    })
}

fn line(bytes: bytes::Bytes) -> Result<Line, String> {
    let record = stored::LogRecord::decode(bytes).map_err(show)?;
    let id = record.log_id.ok_or("a log record without an id")?;
    let by = Leader {
        term: id.term,
        node: id.node,
    };
    let what = match record.payload {
        Some(Payload::Entry(bytes)) => {
            let entry = ackord_proto::entry::decode_known(bytes, NEXT_FORMAT).map_err(show)?;
            What::Commands(entry)
        }
        Some(Payload::Blank(_)) => What::Raft,
        Some(Payload::Membership(it)) => What::Members(seats(&it)),
        None => return Err("a log record without a payload".to_owned()),
    };
    Ok(Line { by, what })
}

fn seats(membership: &stored::Membership) -> Seats {
    let quorums = membership.quorums.iter();
    Seats {
        quorums: quorums
            .map(|it| it.nodes.iter().copied().collect())
            .collect(),
        all: membership.members.iter().map(|it| it.node).collect(),
    }
}

fn show(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Copies what a running server has applied since the last copy, and takes a note of what it has
/// not applied yet.
pub(super) fn follow(journal: &mut Journal, server: usize, disk: &SimDisk, applied: u64) {
    let next = journal.applied_by(server).map_or(0, |it| it + 1);
    if next > applied {
        return;
    }
    journal.applied(server, applied);
    match read(disk, next) {
        Ok(found) => {
            if let Some(vote) = found.vote {
                journal.vote(server, vote);
            }
            let ends = found.ends();
            if found.purged >= Some(next) || ends.is_overtaken() {
                journal.skipped += 1;
            }
            journal.copy_log(server, ends, found.records);
        }
        Err(error) => journal.unreadable.push(error),
    }
}

/// Takes a note of the vote on a disk.
pub(super) fn note_vote(journal: &mut Journal, server: usize, disk: &SimDisk) {
    match read(disk, u64::MAX - 1) {
        Ok(found) => found
            .vote
            .into_iter()
            .for_each(|it| journal.vote(server, it)),
        Err(error) => journal.unreadable.push(error),
    }
}

/// Compares what was copied with what a crash has left. Answers that, unless it cannot be read.
pub(super) fn compare(journal: &mut Journal, server: usize, disk: &SimDisk) -> Option<Start> {
    let found = match read(disk, 0) {
        Ok(found) => found,
        Err(error) => {
            journal.unreadable.push(error);
            return None;
        }
    };
    let ends = found.ends();
    // Rows that were installed are ahead of the log.
    journal.found(server, ends.last());
    journal.found_vote(server, found.vote);
    let (first_unflushed, end) = (next(ends.rows), next(ends.log));
    let start = Start {
        behind: end.saturating_sub(first_unflushed),
        purged: found.purged.is_some(),
    };
    journal.copy_log(server, ends, found.records);
    Some(start)
}

fn next(last: Option<u64>) -> u64 {
    last.map_or(0, |it| it + 1)
}
