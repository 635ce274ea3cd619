//! Opening a log: every record is read and verified before the node takes part in anything.
//!
//! A log is bounded by what the owner purges, so this is a matter of a second. Reading it all is
//! what tells damage from a crash here, once, and not in the middle of an election.

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::key::{self, Fixed};
use super::mark::Mark;
use super::{Bounds, Durable, LogStore, Milestones, record};
use crate::cell::Cell;
use crate::engine::{Engine, Family, Order};
use crate::error::OpenError;
use crate::group::Group;
use crate::planted::Planted;

impl LogStore {
    /// Verifies the log of `group` and takes it over. What is found is durable on return.
    pub(crate) fn open(
        engine: Arc<dyn Engine>,
        mark: Box<dyn Cell>,
        group: Group,
        planted: Planted,
    ) -> Result<Self, OpenError> {
        let vote = read_fixed(&*engine, group, Fixed::Vote)
            .map_err(|source| damaged(group, "the vote", source))?;
        let purged = read_purged(&*engine, group)
            .map_err(|source| damaged(group, "the purge record", source))?;
        let (bounds, milestones) = verify_entries(&*engine, group, purged.as_ref())?;
        let records = vote.is_some() || purged.is_some() || !bounds.is_empty();
        let mark = Mark::open(mark, group, records)?;
        if bounds.end < mark.saved() {
            return Err(OpenError::LogShort {
                group,
                end: bounds.end,
                marked: mark.saved(),
            });
        }
        engine
            .sync()
            .map_err(|source| OpenError::engine("the log", source))?;
        Ok(Self {
            engine,
            group,
            planted,
            milestones,
            mark: Mutex::new(mark),
            durable: Mutex::new(Durable { end: bounds.end }),
            bounds: Mutex::new(bounds),
        })
    }

    /// Whether anything was ever written to this log.
    pub(crate) fn is_blank(&self) -> io::Result<bool> {
        let untouched = self.bounds().is_empty() && !self.bounds().purged;
        Ok(untouched && self.vote()?.is_none())
    }
}

/// The record of the last purge.
pub(super) struct Purged {
    upto: u64,
    /// The caller's name of the last entry purged.
    pub(super) marker: Bytes,
}

pub(super) fn read_purged(engine: &dyn Engine, group: Group) -> io::Result<Option<Purged>> {
    let Some(payload) = read_fixed(engine, group, Fixed::Purged)? else {
        return Ok(None);
    };
    let (upto, marker) = payload.split_first_chunk::<8>().ok_or(record::Damaged)?;
    Ok(Some(Purged {
        upto: u64::from_le_bytes(*upto),
        marker: payload.slice_ref(marker),
    }))
}

pub(super) fn read_fixed(
    engine: &dyn Engine,
    group: Group,
    which: Fixed,
) -> io::Result<Option<Bytes>> {
    let key = key::fixed(group, which);
    let Some(value) = engine.get(Family::Log, &key)? else {
        return Ok(None);
    };
    Ok(Some(record::unseal_owned(&key, &value)?))
}

fn verify_entries(
    engine: &dyn Engine,
    group: Group,
    purged: Option<&Purged>,
) -> Result<(Bounds, Milestones), OpenError> {
    let mut start = purged.map(|it| it.upto + 1);
    let mut end = start.unwrap_or(0);
    let mut milestones = Milestones::default();
    let mut fault = None;
    let mut visit = |key: &[u8], value: &[u8]| {
        let verdict = verify_entry(group, start.map(|_| end), key, value);
        match verdict {
            Ok(index) => {
                start.get_or_insert(index);
                end = index + 1;
                milestones.pass(index, value.len());
                Ok(ControlFlow::Continue(()))
            }
            Err(error) => {
                fault = Some(error);
                Ok(ControlFlow::Break(()))
            }
        }
    };
    let all = key::entries(group);
    engine
        .scan(
            Family::Log,
            &all.start..&all.end,
            Order::Forward,
            &mut visit,
        )
        .map_err(|source| OpenError::engine("the log", source))?;
    if let Some(error) = fault {
        return Err(error);
    }
    let bounds = Bounds {
        start: start.unwrap_or(0),
        end,
        purged: purged.is_some(),
    };
    Ok((bounds, milestones))
}

/// The index of an entry that is sound and in its place. Any place is right for the first of all.
fn verify_entry(
    group: Group,
    expected: Option<u64>,
    key: &[u8],
    value: &[u8],
) -> Result<u64, OpenError> {
    let Some(index) = key::index_of(key) else {
        return Err(OpenError::LogDamaged {
            group,
            record: format!("a key of {} bytes", key.len()),
        });
    };
    if let Some(expected) = expected.filter(|it| *it != index) {
        return Err(OpenError::LogHole {
            group,
            expected,
            found: index,
        });
    }
    record::unseal(key, value).map_err(|_| OpenError::LogDamaged {
        group,
        record: format!("entry {index}"),
    })?;
    Ok(index)
}

fn damaged(group: Group, record: &str, source: io::Error) -> OpenError {
    if source.kind() == io::ErrorKind::InvalidData {
        OpenError::LogDamaged {
            group,
            record: record.to_owned(),
        }
    } else {
        OpenError::engine("the log", source)
    }
}
