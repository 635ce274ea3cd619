//! The journal: the one log of the cluster, as the harness copied it from the disks of all servers,
//! again and again. What a node has applied was committed and on its own disk, so it must be the same
//! entry on every node, and must never be another one later. What a snapshot has brought it was never
//! in its log: other entries may be there, until they are purged.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::command::Entry;

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Who made it.
    pub by: Leader,
    /// What it says.
    pub what: What,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Raft's own: a new leader.
    Raft,
    /// Who the members are from here on.
    Members(Seats),
    /// The machine's.
    Commands(Entry),
}

/// Who the members of the group are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seats {
    /// Those who vote; before and after, in the middle of a change.
    pub quorums: Vec<BTreeSet<u64>>,
    /// All of them, voters or not.
    pub all: BTreeSet<u64>,
}

/// A leadership: one node, from one election on. Of two the greater one is the later one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leader {
    /// The term.
    pub term: u64,
    /// The node.
    pub node: u64,
}

/// An entry of some server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The server.
    pub server: usize,
    /// The entry.
    pub index: u64,
}

/// An entry, as some log has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its place.
    pub index: u64,
    /// It.
    pub line: Line,
    /// Of all its bytes.
    pub hash: u64,
}

/// How far a disk goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// The last entry that the log has, or the last one purged.
    pub log: Option<u64>,
    /// The last entry that the flushed rows have.
    pub rows: Option<u64>,
}

impl Ends {
    /// The last entry that the disk has, in the log or in the rows alone.
    #[must_use]
    pub fn last(self) -> Option<u64> {
        self.log.max(self.rows)
    }

    /// Whether the rows are ahead of the log. They never are, but for a snapshot that was installed while
    /// the log behind it is not purged yet: until then that may have what a leader that was cut off
    /// wrote, and nobody committed. It is purged before anything else, after a crash as well.
    #[must_use]
    pub fn is_overtaken(self) -> bool {
        self.rows > self.log
    }
}

/// The entries, and where copies of one differ.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal {
    lines: BTreeMap<u64, Line>,
    /// The last entry that each server has applied, as far as was seen.
    applied: BTreeMap<usize, u64>,
    /// Each entry that any log had, applied or not, by its index and leader: a hash of all of it.
    names: BTreeMap<(u64, Leader), u64>,
    /// Entries that were found again, there or on another server, the same.
    pub seen_again: usize,
    /// Entries that were another one when they were found again.
    pub changed: Vec<Spot>,
    /// The greatest vote that was seen on each server's disk.
    votes: BTreeMap<usize, Leader>,
    /// Votes that were found again after a crash.
    pub votes_kept: usize,
    /// Servers that found an earlier vote after a crash.
    pub votes_lost: Vec<usize>,
    /// Times that a server's rows went on without the entries between: a snapshot was installed.
    pub skipped: usize,
    /// Entries that a server had applied, and that are neither in its log nor in its rows.
    pub missing: Vec<Spot>,
    /// Entries that two logs had under one index and leader, the same.
    pub named_again: usize,
    /// Entries that share index and leader with another one.
    pub ambiguous: Vec<Spot>,
    /// Why a log could not be read.
    pub unreadable: Vec<String>,
}

impl Journal {
    /// A copy of an entry that a server has applied.
    pub fn copy(&mut self, spot: Spot, line: Line) {
        match self.lines.get(&spot.index) {
            None => drop(self.lines.insert(spot.index, line)),
            Some(first) if *first == line => self.seen_again += 1,
            Some(_) => self.changed.push(spot),
        }
    }

    /// A copy of a server's log, or of its end, on a disk that goes so far.
    pub fn copy_log(&mut self, server: usize, ends: Ends, records: Vec<Record>) {
        let Some(applied) = self.applied_by(server) else {
            return;
        };
        for Record { index, line, hash } in records {
            let spot = Spot { server, index };
            self.name(spot, line.by, hash);
            if index <= applied && !ends.is_overtaken() {
                self.copy(spot, line);
            }
        }
    }

    /// A server's log has this entry, applied or not.
    pub fn name(&mut self, spot: Spot, by: Leader, hash: u64) {
        match self.names.insert((spot.index, by), hash) {
            None => {}
            Some(first) if first == hash => self.named_again += 1,
            Some(_) => self.ambiguous.push(spot),
        }
    }

    /// A server's disk has this vote: it has promised itself to this leader, or is that one.
    pub fn vote(&mut self, server: usize, vote: Leader) {
        let known = self.votes.entry(server).or_default();
        *known = vote.max(*known);
    }

    /// After a crash a server's disk has this vote.
    pub fn found_vote(&mut self, server: usize, vote: Option<Leader>) {
        match self.votes.get(&server) {
            None => {}
            Some(known) if vote >= Some(*known) => self.votes_kept += 1,
            Some(_) => self.votes_lost.push(server),
        }
    }

    /// Places of the log that had more than one entry, one after the other.
    #[must_use]
    pub fn rewritten(&self) -> usize {
        let places: Vec<u64> = self.names.keys().map(|it| it.0).collect();
        places.windows(2).filter(|it| it[0] == it[1]).count()
    }

    /// A server has applied all up to this.
    pub fn applied(&mut self, server: usize, last: u64) {
        let known = self.applied.entry(server).or_default();
        *known = last.max(*known);
    }

    /// The last entry that a server is known to have applied.
    #[must_use]
    pub fn applied_by(&self, server: usize) -> Option<u64> {
        self.applied.get(&server).copied()
    }

    /// After a crash a server has on its disk all up to this.
    pub fn found(&mut self, server: usize, end: Option<u64>) {
        let Some(applied) = self.applied_by(server) else {
            return;
        };
        let gone = end.map_or(0, |it| it + 1)..=applied;
        self.missing
            .extend(gone.map(|index| Spot { server, index }));
    }

    /// Entries that some server has applied, and that nobody could copy.
    pub fn holes(&self) -> impl Iterator<Item = u64> {
        let last = self.applied.values().copied().max();
        let all = last.map_or(0..0, |it| 0..it + 1);
        all.filter(|it| !self.lines.contains_key(it))
    }

    /// The entry of this index.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<&Line> {
        self.lines.get(&index)
    }

    /// All entries, in order.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &Line)> {
        self.lines.iter().map(|(index, line)| (*index, line))
    }

    /// What was said of the members, in order.
    pub fn seats(&self) -> impl Iterator<Item = (u64, Leader, &Seats)> {
        self.lines().filter_map(|(index, line)| match &line.what {
            What::Members(seats) => Some((index, line.by, seats)),
            What::Raft | What::Commands(_) => None,
        })
    }

    /// The entries of the machine, in order.
    pub fn entries(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.lines().filter_map(|(index, line)| match &line.what {
            What::Raft | What::Members(_) => None,
            What::Commands(entry) => Some((index, entry)),
        })
    }
}
