//! The data directory of a node.
//!
//! ```text
//! LOCK          held by the process that uses the directory
//! identity      cluster, node, incarnation, first members
//! log/          the log of all groups, a RocksDB directory
//! log-end.0     how far the log of group 0 is durable, for sure
//! rows/0/       the rows of group 0, RocksDB directories and which of them is in use
//! ```

#[cfg(not(madsim))]
mod double_slot;
#[cfg(not(madsim))]
mod file;
#[cfg(not(madsim))]
mod generations;
#[cfg(not(madsim))]
mod lock;
#[cfg(not(madsim))]
mod open;
#[cfg(not(madsim))]
mod replaced;
#[cfg(not(madsim))]
mod stopped;

use std::sync::Arc;

use crate::cell::Cell;
use crate::engine::FailStop;
use crate::engine::memory::{HomeTwin, LogTwin, RowsTwin, SimDisk};
use crate::error::OpenError;
use crate::group::Group;
use crate::identity::{self, AdoptError, Identity, Members, Record};
use crate::log::LogStore;
use crate::planted::Planted;
use crate::rows::RowStore;

#[cfg(not(madsim))]
pub use stopped::{LogEnd, Stopped};

/// How to open a disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskOptions {
    /// The cluster that the disk must be of, if it has an identity.
    pub cluster: Option<u128>,
    /// Bugs that a durability test wants to see.
    pub planted: Planted,
}

/// A node's disk, open: its log, its rows, and who it is. Others are kept out until log, rows and
/// all views of them are dropped.
pub struct Disk {
    /// The log of the one group.
    pub log: LogStore,
    /// The rows of the one group.
    pub rows: RowStore,
    /// Who the node is.
    pub owner: Owner,
}

/// Who the node is, as its disk says.
pub struct Owner {
    record: Option<Record>,
    /// The cluster that the disk is meant for.
    expected: Option<u128>,
    cell: Box<dyn Cell>,
}

impl Owner {
    /// The owner as the cell says, if the options allow it.
    fn read(cell: Box<dyn Cell>, options: &DiskOptions) -> Result<Self, OpenError> {
        let record = identity::load(&*cell)?;
        let expected = options.cluster;
        let owner = Self {
            record,
            expected,
            cell,
        };
        match (owner.identity(), expected) {
            (Some(Identity { cluster: found, .. }), Some(expected)) if found != expected => {
                Err(OpenError::OtherCluster { found, expected })
            }
            _ => Ok(owner),
        }
    }

    fn bound(&self) -> Option<&Record> {
        self.record.as_ref().filter(|it| it.is_bound())
    }

    /// The identity on the disk; none on a new one.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.bound().map(|it| it.identity)
    }

    /// The first members of the cluster that the disk is bound to; none on a new disk.
    #[must_use]
    pub fn members(&self) -> Option<&Members> {
        self.bound().map(|it| &it.members)
    }

    /// The incarnation of the disk, bound or not; none: it was never given one.
    #[must_use]
    pub fn incarnation(&self) -> Option<u64> {
        self.record.as_ref().map(|it| it.identity.incarnation)
    }

    /// The incarnation of the disk, durable on return: `drawn` if it has none.
    ///
    /// # Errors
    /// The disk fails.
    pub fn mark(&mut self, drawn: u64) -> Result<u64, AdoptError> {
        if let Some(incarnation) = self.incarnation() {
            return Ok(incarnation);
        }
        self.save(Record::marked(drawn))?;
        Ok(drawn)
    }

    fn save(&mut self, record: Record) -> Result<(), AdoptError> {
        identity::save(&*self.cell, &record).map_err(AdoptError::Io)?;
        self.record = Some(record);
        Ok(())
    }

    /// Gives the disk an identity, of a node that begins alone; see [`Self::bind`].
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub fn adopt(&mut self, identity: Identity) -> Result<(), AdoptError> {
        self.bind(identity, &Members::new())
    }

    /// Gives the disk an identity and binds it to a cluster with these first members, durable on
    /// return: before anything is written to its log. The same again is fine.
    ///
    /// # Errors
    /// The disk has another identity or other members, or fails.
    pub fn bind(&mut self, identity: Identity, members: &Members) -> Result<(), AdoptError> {
        let found = identity.cluster;
        if let Some(expected) = self.expected.filter(|it| *it != found) {
            return Err(AdoptError::OtherCluster { found, expected });
        }
        match &self.record {
            Some(it) if it.is_bound() && it.identity != identity => {
                Err(AdoptError::Taken { found: it.identity })
            }
            Some(it) if it.is_bound() && it.members != *members => {
                let found = it.members.clone();
                Err(AdoptError::OtherMembers { found })
            }
            Some(it) if it.is_bound() => Ok(()),
            Some(it) if it.identity.incarnation != identity.incarnation => {
                Err(AdoptError::Taken { found: it.identity })
            }
            Some(_) | None => self.save(Record {
                identity,
                members: members.clone(),
            }),
        }
    }
}

impl Disk {
    /// Opens a disk in memory, as a new incarnation of its node: earlier ones cannot write any
    /// more, and rows that were not flushed are gone.
    ///
    /// # Errors
    /// As [`Disk::open`], as far as it applies.
    pub fn simulated(disk: &SimDisk, options: &DiskOptions) -> Result<Self, OpenError> {
        let handle = disk.open();
        let owner = Owner::read(Box::new(handle.cell("identity")), options)?;
        let log = Arc::new(FailStop::new(LogTwin::new(handle.clone())));
        let mark = Box::new(handle.cell(format!("log-end.{}", Group::FIRST)));
        let log = LogStore::open(log, mark, Group::FIRST, options.planted)?;
        let horizon = handle.horizon();
        let rows = Arc::new(FailStop::new(RowsTwin::new(handle.clone())));
        let rows = RowStore::new(rows, Box::new(HomeTwin::new(handle)), horizon);
        Self::assemble(log, rows, owner)
    }

    fn assemble(log: LogStore, rows: RowStore, owner: Owner) -> Result<Self, OpenError> {
        let blank = log.is_blank();
        let blank = blank.map_err(|source| OpenError::engine("the log", source))?;
        if owner.identity().is_none() && !blank {
            return Err(OpenError::IdentityMissing);
        }
        let purged = log
            .purged()
            .map_err(|source| OpenError::engine("the log", source))?;
        let applied = rows
            .applied()
            .map_err(|source| OpenError::engine("the rows", source))?;
        if purged.is_some() && applied.is_none() {
            return Err(OpenError::RowsMissing { group: log.group() });
        }
        Ok(Self { log, rows, owner })
    }
}
