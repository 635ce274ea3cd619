//! Carrying out a journal once more.

use ackord_core::State;
use ackord_core::rows::RowError;

use crate::journal::Journal;
use crate::plan::NEXT_FORMAT;
use crate::table::Table;

/// Carries out the journal from its beginning, and shows what it made after every so many entries
/// and after the last one. Returns the rows at its end.
pub(super) fn along(
    journal: &Journal,
    every: usize,
    mut look: impl FnMut(u64, &State, &Table) -> Result<(), RowError>,
) -> Result<Table, RowError> {
    let mut state = State::default().knowing(NEXT_FORMAT);
    let mut table = Table::default();
    let entries: Vec<_> = journal.entries().collect();
    for (nth, (index, entry)) in entries.iter().enumerate() {
        let mut batch = state.begin(&table);
        batch.entry(*index, entry)?;
        let applied = batch.finish();
        table.commit(applied.changes);
        if nth % every == 0 || nth + 1 == entries.len() {
            look(*index, &state, &table)?;
        }
    }
    Ok(table)
}
