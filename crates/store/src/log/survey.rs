//! A look at a whole log that goes on behind what is wrong with it, and changes nothing.

use std::io;
use std::ops::ControlFlow;

use bytes::Bytes;

use super::key::{self, Fixed};
use super::record;
use crate::engine::{Family, Order, Read};
use crate::group::Group;

/// Faults that are named; of more there is only the number.
const FAULTS_NAMED: usize = 20;

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// A record fails its checksum.
    #[error("{0} fails its checksum")]
    Damaged(String),
    /// Entries are missing.
    #[error("entries {from} to {to} are missing")]
    Hole {
        /// The first that is missing.
        from: u64,
        /// The last that is missing.
        to: u64,
    },
    /// A record under a key that is none of an entry.
    #[error("a record stands under a key of {0} bytes that is no entry's")]
    Stranger(usize),
    /// Entries that were purged are there again.
    #[error("entry {0} was purged, and is there")]
    Purged(u64),
}

/// What a whole log holds.
#[derive(Debug, Default)]
pub struct LogSurvey {
    /// The vote.
    pub vote: Option<Bytes>,
    /// The marker of the last purge.
    pub purged: Option<Bytes>,
    /// The rows announced last.
    pub installing: Option<Bytes>,
    /// The first index that is there.
    pub first: Option<u64>,
    /// One past the last index that is there, or was purged.
    pub end: u64,
    /// Entries that are there.
    pub entries: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// The first faults.
    pub faults: Vec<LogFault>,
    /// All faults.
    pub fault_count: usize,
}

impl LogSurvey {
    /// Looks at the log of a group, and shows `visit` each entry that is sound.
    pub(crate) fn of(
        log: &dyn Read,
        group: Group,
        visit: &mut dyn FnMut(u64, Bytes),
    ) -> io::Result<Self> {
        let mut survey = Self::default();
        survey.vote = survey.fixed(log, group, Fixed::Vote, "the vote")?;
        survey.installing =
            survey.fixed(log, group, Fixed::Installing, "the announcement of rows")?;
        let purge = survey.fixed(log, group, Fixed::Purged, "the purge record")?;
        let mut next = None;
        if let Some(purge) = purge {
            match purge.split_first_chunk::<8>() {
                Some((upto, marker)) => {
                    next = Some(u64::from_le_bytes(*upto) + 1);
                    survey.purged = Some(purge.slice_ref(marker));
                }
                None => survey.found(LogFault::Damaged("the purge record".to_owned())),
            }
        }
        survey.end = next.unwrap_or_default();
        survey.entries(log, group, next, visit)?;
        Ok(survey)
    }

    fn fixed(
        &mut self,
        log: &dyn Read,
        group: Group,
        which: Fixed,
        name: &str,
    ) -> io::Result<Option<Bytes>> {
        let key = key::fixed(group, which);
        let Some(value) = log.get(Family::Log, &key)? else {
            return Ok(None);
        };
        match record::unseal_owned(&key, &value) {
            Ok(payload) => Ok(Some(payload)),
            Err(record::Damaged) => {
                self.found(LogFault::Damaged(name.to_owned()));
                Ok(None)
            }
        }
    }

    fn entries(
        &mut self,
        log: &dyn Read,
        group: Group,
        mut next: Option<u64>,
        visit: &mut dyn FnMut(u64, Bytes),
    ) -> io::Result<()> {
        let all = key::entries(group);
        let mut look = |key: &[u8], value: &[u8]| {
            let Some(index) = key::index_of(key) else {
                self.found(LogFault::Stranger(key.len()));
                return Ok(ControlFlow::Continue(()));
            };
            match next {
                Some(next) if index < next => {
                    self.found(LogFault::Purged(index));
                    return Ok(ControlFlow::Continue(()));
                }
                Some(next) if index > next => {
                    let (from, to) = (next, index - 1);
                    self.found(LogFault::Hole { from, to });
                }
                _ => {}
            }
            next = Some(index + 1);
            self.first.get_or_insert(index);
            self.end = index + 1;
            self.entries += 1;
            match record::unseal(key, value) {
                Ok(payload) => {
                    self.bytes += payload.len() as u64;
                    visit(index, Bytes::copy_from_slice(payload));
                }
                Err(record::Damaged) => self.found(LogFault::Damaged(format!("entry {index}"))),
            }
            Ok(ControlFlow::Continue(()))
        };
        log.scan(Family::Log, &all.start..&all.end, Order::Forward, &mut look)
    }

    fn found(&mut self, fault: LogFault) {
        self.fault_count += 1;
        if self.faults.len() < FAULTS_NAMED {
            self.faults.push(fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::memory::{LogTwin, SimDisk};
    use crate::engine::{Batch, Engine};

    const GROUP: Group = Group::FIRST;

    fn put(batch: &mut Batch, key: Vec<u8>, payload: &[u8]) {
        let value = record::seal(&key, &[payload]);
        batch.put(Family::Log, key, value);
    }

    /// The survey of a log with these entries, after `spoil`, and which of them were sound.
    fn survey(entries: &[u64], spoil: impl Fn(&mut Batch)) -> (LogSurvey, Vec<u64>) {
        let log = LogTwin::new(SimDisk::new().open());
        let mut batch = Batch::with_capacity(entries.len());
        for index in entries {
            put(&mut batch, key::entry(GROUP, *index), b"payload");
        }
        spoil(&mut batch);
        log.write(batch).expect("written");
        let mut sound = Vec::new();
        let survey = LogSurvey::of(&log, GROUP, &mut |index, _| sound.push(index));
        (survey.expect("readable"), sound)
    }

    #[test]
    fn a_sound_log_has_no_faults() {
        let (survey, sound) = survey(&[4, 5, 6], |batch| {
            put(batch, key::fixed(GROUP, Fixed::Vote), b"vote");
            let upto = 3u64.to_le_bytes();
            let marker = [&upto[..], b"marker"].concat();
            put(batch, key::fixed(GROUP, Fixed::Purged), &marker);
        });
        assert_eq!(survey.faults, []);
        assert_eq!(sound, [4, 5, 6]);
        assert_eq!((survey.first, survey.end, survey.bytes), (Some(4), 7, 21));
        assert_eq!(survey.vote.as_deref(), Some(&b"vote"[..]));
        assert_eq!(survey.purged.as_deref(), Some(&b"marker"[..]));
    }

    #[test]
    fn what_lies_behind_a_fault_is_looked_at_too() {
        let (survey, sound) = survey(&[1, 2, 5, 6], |batch| {
            let flipped = vec![0; 11];
            batch.put(Family::Log, key::entry(GROUP, 5), flipped);
            batch.put(Family::Log, key::fixed(GROUP, Fixed::Vote), vec![9; 9]);
        });
        let expected = [
            LogFault::Damaged("the vote".to_owned()),
            LogFault::Hole { from: 3, to: 4 },
            LogFault::Damaged("entry 5".to_owned()),
        ];
        assert_eq!(survey.faults, expected);
        assert_eq!(sound, [1, 2, 6]);
    }

    #[test]
    fn entries_that_were_purged_are_not_there() {
        let (survey, sound) = survey(&[2, 3, 4], |batch| {
            put(batch, key::fixed(GROUP, Fixed::Purged), &3u64.to_le_bytes());
        });
        assert_eq!(survey.faults, [LogFault::Purged(2), LogFault::Purged(3)]);
        assert_eq!(sound, [4]);
    }

    #[test]
    fn many_faults_are_counted_and_some_are_told() {
        let entries: Vec<u64> = (0..100).map(|it| it * 2).collect();
        let (survey, _) = survey(&entries, |_| {});
        assert_eq!(
            (survey.faults.len(), survey.fault_count),
            (FAULTS_NAMED, 99)
        );
    }
}
