//! A cell in a file of two slots that are written in turn: for what changes every second.
//!
//! A save overwrites the older slot in place, one fsync and no change of any directory. A crash
//! tears that slot at the most, and its checksum shows it: the other one then counts.
//!
//! Each slot has a page: `sequence: u64 LE | len: u32 LE | payload | checksum: u32 LE` (CRC-32C of
//! all before it).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::file;
use crate::cell::{Cell, CellError};

const SLOT: usize = 4096;
const HEAD: usize = 8 + 4;
const CHECKSUM: usize = 4;
/// Longest payload.
const PAYLOAD_MAX: usize = SLOT - HEAD - CHECKSUM;

/// The file.
pub(super) struct DoubleSlot {
    path: PathBuf,
    open: Mutex<Option<Open>>,
}

/// The file in use, and the sequence of its newest slot.
struct Open {
    file: File,
    sequence: u64,
}

impl DoubleSlot {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            open: Mutex::new(None),
        }
    }

    fn create(&self, payload: &[u8]) -> io::Result<()> {
        let mut bytes = vec![0; 2 * SLOT];
        let slot = encode(0, payload);
        bytes[..slot.len()].copy_from_slice(&slot);
        file::replace(&self.path, &bytes)
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(&self.path)
    }
}

impl Cell for DoubleSlot {
    fn load(&self) -> Result<Option<Vec<u8>>, CellError> {
        let file = match self.open() {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let newest = sound(&file)?.into_iter().max();
        let (sequence, payload) = newest.ok_or(CellError::Damaged)?;
        let mut open = self.open.lock().expect("nothing panics while it saves");
        *open = Some(Open { file, sequence });
        Ok(Some(payload))
    }

    fn save(&self, payload: &[u8]) -> io::Result<()> {
        if payload.len() > PAYLOAD_MAX {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut open = self.open.lock().expect("nothing panics while it saves");
        let Some(open) = open.as_mut() else {
            self.create(payload)?;
            let file = self.open()?;
            *open = Some(Open { file, sequence: 0 });
            return Ok(());
        };
        open.sequence += 1;
        let at = (open.sequence % 2) * SLOT as u64;
        open.file
            .write_all_at(&encode(open.sequence, payload), at)?;
        open.file.sync_data()
    }
}

/// The payload of the newest slot of the file at `path`, and how many slots are sound; none: there is
/// no such file.
pub(super) fn read(path: &Path) -> Result<Option<(Vec<u8>, usize)>, CellError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let slots = sound(&file)?;
    let count = slots.len();
    let newest = slots.into_iter().max();
    let (_, payload) = newest.ok_or(CellError::Damaged)?;
    Ok(Some((payload, count)))
}

/// The slots that are sound: their sequences and payloads.
fn sound(file: &File) -> io::Result<Vec<(u64, Vec<u8>)>> {
    let mut slots = Vec::new();
    for slot in 0..2 {
        let read = read_slot(file, slot)?;
        slots.extend(decode(&read).filter(|(sequence, _)| sequence % 2 == slot));
    }
    Ok(slots)
}

fn read_slot(file: &File, slot: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; SLOT];
    let mut filled = 0;
    while filled < SLOT {
        match file.read_at(&mut bytes[filled..], slot * SLOT as u64 + filled as u64)? {
            0 => break,
            more => filled += more,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn encode(sequence: u64, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("a payload fits a page");
    let mut slot = Vec::with_capacity(HEAD + payload.len() + CHECKSUM);
    slot.extend_from_slice(&sequence.to_le_bytes());
    slot.extend_from_slice(&len.to_le_bytes());
    slot.extend_from_slice(payload);
    slot.extend_from_slice(&crc32c::crc32c(&slot).to_le_bytes());
    slot
}

fn decode(slot: &[u8]) -> Option<(u64, Vec<u8>)> {
    let (sequence, rest) = slot.split_first_chunk()?;
    let (len, rest) = rest.split_first_chunk()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let (payload, rest) = rest.split_at_checked(len)?;
    let checksum = rest.first_chunk()?;
    let sound = u32::from_le_bytes(*checksum) == crc32c::crc32c(&slot[..HEAD + len]);
    sound.then(|| (u64::from_le_bytes(*sequence), payload.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{DoubleSlot, SLOT};
    use crate::cell::{Cell, CellError};

    #[test]
    fn the_last_save_is_read_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("cell");
        assert!(matches!(DoubleSlot::new(path.clone()).load(), Ok(None)));
        for number in 0..5u8 {
            let cell = DoubleSlot::new(path.clone());
            cell.load().expect("loads");
            cell.save(&[number]).expect("saves");
            cell.save(&[number, number]).expect("saves");
            let read = DoubleSlot::new(path.clone()).load().expect("loads");
            assert_eq!(read, Some(vec![number, number]));
        }
    }

    #[test]
    fn a_torn_slot_leaves_the_one_before() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("cell");
        let cell = DoubleSlot::new(path.clone());
        cell.save(b"old").expect("saves");
        cell.save(b"new").expect("saves");
        let mut bytes = fs::read(&path).expect("reads");
        bytes[SLOT + 13] ^= 1;
        fs::write(&path, &bytes).expect("writes");
        let read = DoubleSlot::new(path.clone()).load().expect("loads");
        assert_eq!(read, Some(b"old".to_vec()));

        bytes[0] ^= 1;
        fs::write(&path, &bytes).expect("writes");
        let read = DoubleSlot::new(path).load();
        assert!(matches!(read, Err(CellError::Damaged)));
    }
}
