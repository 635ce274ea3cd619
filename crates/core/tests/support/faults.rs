//! Rows that cannot be read: a command that meets one ends the process, and never answers as if
//! there were nothing.

use std::cell::Cell;

use ackord_core::State;
use ackord_core::command::Entry;
use ackord_core::model::Meta;
use ackord_core::rows::{Key, Row, RowError, Rows};

use super::machine::{Machine, Said};

/// What is wrong with one of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The disk fails.
    Fails,
    /// There is a row, but of another kind.
    OfAnotherKind,
}

/// Rows of which one read goes wrong.
struct Faulty<'a> {
    rows: &'a dyn Rows,
    fault: Fault,
    /// Reads until then.
    left: Cell<usize>,
    met: Cell<bool>,
}

/// Applies the entry once for each of its reads, with that read gone wrong. The machine itself is
/// left as it was. A row of another kind that changes nothing need not be seen: the entry itself
/// has written another row over it before.
///
/// # Panics
/// The entry was answered all the same.
pub(crate) fn check(machine: &Machine, entry: &Entry) {
    let state = || State::restore(&machine.rows).expect("rows in memory can be read");
    let whole = machine.try_batch(&mut state(), std::slice::from_ref(entry));
    for fault in [Fault::Fails, Fault::OfAnotherKind] {
        for read in 0.. {
            let faulty = Faulty {
                rows: &machine.rows,
                fault,
                left: Cell::new(read),
                met: Cell::new(false),
            };
            let mut state = state();
            let mut batch = state.begin(&faulty);
            let answered = batch.entry(machine.next_index(), entry);
            if faulty.left.get() > 0 {
                break;
            }
            let Ok(answers) = answered else { continue };
            let applied = batch.finish();
            let said = Said {
                answers: vec![answers],
                changes: applied.changes,
                actions: applied.actions,
            };
            let harmless = fault == Fault::OfAnotherKind && said == whole;
            assert!(
                !faulty.met.get() || harmless,
                "read {read} {fault:?}: {entry:?} answered {said:?}"
            );
        }
    }
}

impl Faulty<'_> {
    fn is_next(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left == 0 && !self.met.get()
    }

    fn fail(&self) -> RowError {
        self.met.set(true);
        RowError(String::from("the disk fails"))
    }

    fn another(&self) -> Row {
        self.met.set(true);
        Row::Meta(Meta::default())
    }
}

impl Rows for Faulty<'_> {
    fn get(&self, key: &Key) -> Result<Option<Row>, RowError> {
        let next = self.is_next();
        let row = self.rows.get(key)?;
        match (next, self.fault) {
            (false, _) => Ok(row),
            (true, Fault::Fails) => Err(self.fail()),
            (true, Fault::OfAnotherKind) => Ok(row.map(|_| self.another())),
        }
    }

    fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError> {
        let next = self.is_next();
        let mut found = self.rows.scan(from, to, limit)?;
        match (next, self.fault) {
            (false, _) => {}
            (true, Fault::Fails) => return Err(self.fail()),
            (true, Fault::OfAnotherKind) => {
                if let Some((_, row)) = found.first_mut() {
                    *row = self.another();
                }
            }
        }
        Ok(found)
    }
}
