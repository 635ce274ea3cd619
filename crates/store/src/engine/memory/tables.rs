//! Tables: the families of an engine as persistent maps. A clone is a view: it shares all nodes
//! and costs a few reference counts, however large the maps are.

use std::collections::BTreeMap;
use std::io;
use std::ops::{Bound, ControlFlow, Range};

use bytes::Bytes;
use rpds::RedBlackTreeMapSync;

use crate::engine::{Batch, Family, Order, Read, Visit, Write};

type Table = RedBlackTreeMapSync<Vec<u8>, Stored>;

/// A value, and whether the bytes under it have rotted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    value: Bytes,
    rotten: bool,
}

/// The rows of some families.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    families: BTreeMap<Family, Table>,
}

impl Tables {
    /// Makes the writes of `batch`.
    pub(super) fn apply(&mut self, batch: &Batch) {
        for write in batch.writes() {
            match write {
                Write::Put(family, key, value) => {
                    let value = Bytes::copy_from_slice(value);
                    self.put(*family, key.clone(), value);
                }
                Write::Delete(family, key) => {
                    self.table_mut(*family).remove_mut(key.as_slice());
                }
                Write::DeleteRange(family, from, to) => self.delete_range(*family, from, to),
            }
        }
    }

    /// Sets the value under `key`.
    pub(super) fn put(&mut self, family: Family, key: Vec<u8>, value: Bytes) {
        let stored = Stored {
            value,
            rotten: false,
        };
        self.table_mut(family).insert_mut(key, stored);
    }

    /// Keeps the rows of `family` that `keep` wants.
    pub(super) fn retain(&mut self, family: Family, keep: impl Fn(&[u8], &[u8]) -> bool) {
        let table = self.table_mut(family);
        let dropped: Vec<_> = table
            .iter()
            .filter(|(key, stored)| !keep(key, &stored.value))
            .map(|(key, _)| key.clone())
            .collect();
        for key in dropped {
            table.remove_mut(&key);
        }
    }

    /// All rows, family by family, in the order of their keys. Some cannot be read.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Family, &[u8], io::Result<&Bytes>)> {
        self.families.iter().flat_map(|(family, table)| {
            table
                .iter()
                .map(|(key, stored)| (*family, key.as_slice(), sound(stored)))
        })
    }

    /// How many rows `family` has.
    pub(super) fn len(&self, family: Family) -> usize {
        self.families.get(&family).map_or(0, Table::size)
    }

    /// The `nth` key of `family`.
    pub(super) fn nth_key(&self, family: Family, nth: usize) -> Option<Vec<u8>> {
        self.families.get(&family)?.keys().nth(nth).cloned()
    }

    /// Flips a bit of the value under `key`, and does not tell: a checksum must.
    pub(super) fn flip(&mut self, family: Family, key: &[u8], bit: usize) -> bool {
        self.damage(family, key, |stored| {
            let mut value = stored.value.to_vec();
            let bits = value.len() * 8;
            if bits == 0 {
                stored.rotten = true;
                return;
            }
            value[bit % bits / 8] ^= 1 << (bit % 8);
            stored.value = value.into();
        })
    }

    /// Makes the row under `key` unreadable, as a block that fails RocksDB's checksum.
    pub(super) fn rot(&mut self, family: Family, key: &[u8]) -> bool {
        self.damage(family, key, |stored| stored.rotten = true)
    }

    fn damage(&mut self, family: Family, key: &[u8], how: impl FnOnce(&mut Stored)) -> bool {
        let table = self.table_mut(family);
        let Some(mut stored) = table.get(key).cloned() else {
            return false;
        };
        how(&mut stored);
        table.insert_mut(key.to_vec(), stored);
        true
    }

    fn delete_range(&mut self, family: Family, from: &[u8], to: &[u8]) {
        if from >= to {
            return;
        }
        let table = self.table_mut(family);
        let keys: Vec<_> = table
            .range::<[u8], _>(between(from, to))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            table.remove_mut(&key);
        }
    }

    fn table_mut(&mut self, family: Family) -> &mut Table {
        self.families.entry(family).or_default()
    }
}

impl Read for Tables {
    fn get(&self, family: Family, key: &[u8]) -> io::Result<Option<Bytes>> {
        let Some(stored) = self.families.get(&family).and_then(|it| it.get(key)) else {
            return Ok(None);
        };
        sound(stored).map(|value| Some(value.clone()))
    }

    fn scan(
        &self,
        family: Family,
        range: Range<&[u8]>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> io::Result<()> {
        let Some(table) = self.families.get(&family) else {
            return Ok(());
        };
        if range.start >= range.end {
            return Ok(());
        }
        let rows = table.range::<[u8], _>(between(range.start, range.end));
        match order {
            Order::Forward => show(rows, visit),
            Order::Backward => show(rows.rev(), visit),
        }
    }
}

fn show<'a>(
    rows: impl Iterator<Item = (&'a Vec<u8>, &'a Stored)>,
    visit: &mut Visit<'_>,
) -> io::Result<()> {
    for (key, stored) in rows {
        if let ControlFlow::Break(()) = visit(key, sound(stored)?)? {
            break;
        }
    }
    Ok(())
}

fn sound(stored: &Stored) -> io::Result<&Bytes> {
    if stored.rotten {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "block checksum mismatch",
        ));
    }
    Ok(&stored.value)
}

fn between<'a>(from: &'a [u8], to: &'a [u8]) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    (Bound::Included(from), Bound::Excluded(to))
}
