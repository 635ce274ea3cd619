//! The log end mark: one past the last index known durable, kept outside the log.
//!
//! A log can lose its tail in ways that look like a clean end: a truncated file, a record whose
//! length was flipped. The mark tells a short log from a torn one. It may be behind the log, never
//! ahead of it: it is lowered before a truncation and raised after a sync.

use std::io;

use crate::cell::{Cell, CellError};
use crate::error::OpenError;
use crate::group::Group;

/// The mark in its cell.
pub(super) struct Mark {
    cell: Box<dyn Cell>,
    saved: u64,
}

impl Mark {
    /// Reads the mark. A group without `records` may have none yet, and gets one.
    pub(super) fn open(
        cell: Box<dyn Cell>,
        group: Group,
        records: bool,
    ) -> Result<Self, OpenError> {
        let saved = match cell.load() {
            Ok(Some(bytes)) => {
                let bytes = bytes
                    .try_into()
                    .map_err(|_| OpenError::LogEndDamaged { group })?;
                u64::from_le_bytes(bytes)
            }
            Ok(None) if records => return Err(OpenError::LogEndMissing { group }),
            Ok(None) => {
                let first = cell.save(&0u64.to_le_bytes());
                first.map_err(|source| OpenError::engine("the log end file", source))?;
                0
            }
            Err(CellError::Damaged) => return Err(OpenError::LogEndDamaged { group }),
            Err(CellError::Io(source)) => {
                return Err(OpenError::engine("the log end file", source));
            }
        };
        Ok(Self { cell, saved })
    }

    /// The mark as it is on disk.
    pub(super) fn saved(&self) -> u64 {
        self.saved
    }

    /// Moves the mark. Durable on return.
    pub(super) fn save(&mut self, end: u64) -> io::Result<()> {
        if self.saved != end {
            self.cell.save(&end.to_le_bytes())?;
            self.saved = end;
        }
        Ok(())
    }
}
