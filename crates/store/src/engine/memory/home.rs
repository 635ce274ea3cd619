//! The home of the twin's rows: a snapshot is one file, all rows one after the other.
//!
//! `family: u8 | key length: u32 LE | key | value length: u32 LE | value`, over and over.

use std::io;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};

use super::disk::Handle;
use super::faults::Site;
use super::rows::RowsTwin;
use super::tables::Tables;
use crate::engine::{Engine, FailStop, Family, Read};
use crate::key;
use crate::rows::home::{Candidate, Frozen, Home, Stage};
use crate::rows::snapshot::SnapshotFile;

const FILE: &str = "rows";
/// The number of no family.
const ROTTEN: u8 = u8::MAX;

/// The rows of a [`super::SimDisk`].
pub(crate) struct HomeTwin {
    handle: Handle,
}

impl HomeTwin {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }
}

impl Home for HomeTwin {
    fn freeze(&self) -> io::Result<Arc<dyn Frozen>> {
        let tables = self.handle.platter()?.rows_flushed.clone();
        let bytes = encode(&tables);
        let file = SnapshotFile {
            name: FILE.to_owned(),
            bytes: bytes.len() as u64,
        };
        Ok(Arc::new(FrozenTwin {
            applied: tables.get(Family::State, key::APPLIED)?,
            bytes,
            files: [file],
        }))
    }

    fn stage(&self) -> io::Result<Box<dyn Stage>> {
        Ok(Box::new(StageTwin {
            handle: self.handle.clone(),
            bytes: Vec::new(),
        }))
    }
}

struct FrozenTwin {
    applied: Option<Bytes>,
    bytes: Bytes,
    files: [SnapshotFile; 1],
}

impl Frozen for FrozenTwin {
    fn applied(&self) -> Option<&Bytes> {
        self.applied.as_ref()
    }

    fn files(&self) -> &[SnapshotFile] {
        &self.files
    }

    fn read(&self, _: &SnapshotFile, offset: u64, bytes_max: usize) -> io::Result<Bytes> {
        let from = usize::try_from(offset).map_or(self.bytes.len(), |it| it.min(self.bytes.len()));
        let to = from.saturating_add(bytes_max).min(self.bytes.len());
        Ok(self.bytes.slice(from..to))
    }
}

struct StageTwin {
    handle: Handle,
    bytes: Vec<u8>,
}

impl Stage for StageTwin {
    fn append(&mut self, _: &str, bytes: &[u8]) -> io::Result<()> {
        self.handle.platter()?.faults.check(Site::SnapshotWrite)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.handle.platter()?.faults.check(Site::SnapshotSync)
    }

    fn open(self: Box<Self>) -> io::Result<Box<dyn Candidate>> {
        Ok(Box::new(CandidateTwin {
            tables: decode(self.bytes.into())?,
            handle: self.handle,
        }))
    }
}

struct CandidateTwin {
    handle: Handle,
    tables: Tables,
}

impl Candidate for CandidateTwin {
    fn rows(&self) -> &dyn Read {
        &self.tables
    }

    fn switch(self: Box<Self>) -> io::Result<Arc<dyn Engine>> {
        let mut platter = self.handle.platter()?;
        platter.faults.check(Site::SnapshotSwitch)?;
        platter.rows = self.tables.clone();
        platter.rows_flushed = self.tables;
        drop(platter);
        Ok(Arc::new(FailStop::new(RowsTwin::new(self.handle))))
    }
}

fn encode(tables: &Tables) -> Bytes {
    let mut bytes = Vec::new();
    for (family, key, value) in tables.rows() {
        // As a file that a rotten block is in: whoever reads all of it finds that.
        let number = if value.is_ok() { family as u8 } else { ROTTEN };
        bytes.put_u8(number);
        for part in [key, value.map_or(&[], |it| &it[..])] {
            bytes.put_u32_le(u32::try_from(part.len()).expect("rows are small"));
            bytes.put_slice(part);
        }
    }
    bytes.into()
}

fn decode(mut bytes: Bytes) -> io::Result<Tables> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "not the rows of a twin");
    let mut tables = Tables::default();
    while bytes.has_remaining() {
        let number = bytes.get_u8();
        let family = Family::ROWS.iter().find(|it| **it as u8 == number);
        let mut part = || -> io::Result<Bytes> {
            let len = bytes.try_get_u32_le().map_err(|_| broken())? as usize;
            if len > bytes.remaining() {
                return Err(broken());
            }
            Ok(bytes.split_to(len))
        };
        let (key, value) = (part()?, part()?);
        tables.put(*family.ok_or_else(broken)?, key.to_vec(), value);
    }
    Ok(tables)
}
