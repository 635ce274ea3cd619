//! A cell in a file of its own that is replaced as a whole: for what changes hardly ever.
//!
//! `checksum: u32 LE (CRC-32C of the payload) | payload`

use std::fs;
use std::io;
use std::path::PathBuf;

use super::file;
use crate::cell::{Cell, CellError};

/// The file.
pub(super) struct Replaced {
    path: PathBuf,
}

impl Replaced {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl Cell for Replaced {
    fn load(&self) -> Result<Option<Vec<u8>>, CellError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (checksum, payload) = bytes.split_first_chunk().ok_or(CellError::Damaged)?;
        if u32::from_le_bytes(*checksum) != crc32c::crc32c(payload) {
            return Err(CellError::Damaged);
        }
        Ok(Some(payload.to_vec()))
    }

    fn save(&self, payload: &[u8]) -> io::Result<()> {
        let mut bytes = crc32c::crc32c(payload).to_le_bytes().to_vec();
        bytes.extend_from_slice(payload);
        file::replace(&self.path, &bytes)
    }
}
