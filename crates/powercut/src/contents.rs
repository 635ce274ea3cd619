//! The bytes of one file, twice: as its writers see them, and as a power loss would leave them.
//!
//! A change goes to the current bytes at once and waits in a list; a sync carries the list over to
//! the durable bytes, a cut forgets it, a torn cut carries over a prefix.

use crate::cut::{Dice, Lost};

/// What a disk writes whole or not at all, in bytes.
const SECTOR: usize = 512;

#[derive(Debug, Default)]
pub(crate) struct Contents {
    current: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Resize { len: usize },
}

impl Contents {
    pub(crate) fn len(&self) -> usize {
        self.current.len()
    }

    /// The current bytes from `offset`, at most `len`; fewer at the end of the file.
    pub(crate) fn read(&self, offset: usize, len: usize) -> &[u8] {
        let start = offset.min(self.current.len());
        let end = offset.saturating_add(len).min(self.current.len());
        &self.current[start..end]
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.change(Change::Write {
                offset,
                bytes: bytes.to_vec(),
            });
        }
    }

    pub(crate) fn resize(&mut self, len: usize) {
        if len != self.current.len() {
            self.change(Change::Resize { len });
        }
    }

    /// Makes every change so far durable.
    pub(crate) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// A sync that failed. As Linux does, the changes count as clean from here on: they stay
    /// readable, and no later sync writes them.
    pub(crate) fn fail_sync(&mut self) {
        self.pending.clear();
    }

    /// Power loss: all pending changes are gone, or with `dice` all but a prefix.
    pub(crate) fn cut(&mut self, dice: Option<&mut Dice>) -> Lost {
        let mut lost = Lost::default();
        let mut pending = std::mem::take(&mut self.pending).into_iter();
        if let Some(dice) = dice {
            let whole = dice.up_to(pending.len());
            for change in pending.by_ref().take(whole) {
                change.apply(&mut self.durable);
            }
            if let Some(last) = pending.next() {
                lost += last.cost();
                if let Some(part) = last.tear(dice) {
                    lost.bytes -= part.cost().bytes;
                    part.apply(&mut self.durable);
                }
            }
        }
        pending.for_each(|change| lost += change.cost());
        self.current.clone_from(&self.durable);
        lost
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.current);
        self.pending.push(change);
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => {
                let end = offset + bytes.len();
                if to.len() < end {
                    to.resize(end, 0);
                }
                to[*offset..end].copy_from_slice(bytes);
            }
            Self::Resize { len } => to.resize(*len, 0),
        }
    }

    /// The sectors of a write that reached the disk, from its start; none of a resize, which is
    /// whole or not at all.
    fn tear(&self, dice: &mut Dice) -> Option<Self> {
        let Self::Write { offset, bytes } = self else {
            return None;
        };
        let first_sector = offset / SECTOR;
        let last_sector = (offset + bytes.len() - 1) / SECTOR;
        match dice.up_to(last_sector - first_sector) {
            0 => None,
            sectors => {
                let end = (first_sector + sectors) * SECTOR;
                Some(Self::Write {
                    offset: *offset,
                    bytes: bytes[..end - offset].to_vec(),
                })
            }
        }
    }

    fn cost(&self) -> Lost {
        let bytes = match self {
            Self::Write { bytes, .. } => bytes.len() as u64,
            Self::Resize { .. } => 0,
        };
        Lost {
            writes: 1,
            bytes,
            names: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_write_ends_at_a_sector_of_the_file() {
        let mut lengths = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut contents = Contents::default();
            contents.write(0, &[1; 100]);
            contents.sync();
            contents.write(100, &[2; 1900]);
            let lost = contents.cut(Some(&mut Dice::new(seed)));
            assert_eq!(contents.len() as u64 + lost.bytes, 2000);
            lengths.insert(contents.len());
        }
        assert_eq!(
            lengths.into_iter().collect::<Vec<_>>(),
            [100, 512, 1024, 1536, 2000]
        );
    }

    #[test]
    fn a_failed_sync_leaves_a_hole_that_no_later_sync_fills() {
        let mut contents = Contents::default();
        contents.write(0, b"lost");
        contents.fail_sync();
        contents.sync();
        contents.write(4, b"kept");
        contents.sync();
        assert_eq!(contents.read(0, 9), b"lostkept");
        assert_eq!(contents.cut(None), Lost::default());
        assert_eq!(contents.read(0, 9), b"\0\0\0\0kept");
    }

    #[test]
    fn changes_are_replayed_in_their_order() {
        let mut contents = Contents::default();
        contents.write(0, b"abcdef");
        contents.resize(2);
        contents.write(3, b"x");
        contents.sync();
        contents.resize(0);
        assert_eq!(
            contents.cut(None),
            Lost {
                writes: 1,
                bytes: 0,
                names: 0
            }
        );
        assert_eq!(contents.read(0, 9), b"ab\0x");
    }
}
