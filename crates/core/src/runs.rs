//! Ready events of a queue: two runs a class, taken from the front, never searched.
//!
//! The fresh run grows at its end only, so what is taken leaves no gaps but at its head, and the
//! head is remembered. What comes back to an older place goes to the returned run, which is small;
//! so a single old event does not make anybody walk over all that was taken since.

use alloc::vec::Vec;

use crate::batch::{Batch, broken};
use crate::id::{EventId, QueueId};
use crate::limits::WINDOW;
use crate::model::{Class, Run};
use crate::rows::{Key, Row, RowError, Rows};
use crate::state::{Entry, QueueCell, State};
use crate::time::Position;

const FRESH: usize = 0;
const RETURNED: usize = 1;
/// After every position that the log can give.
const END: Position = Position {
    index: u64::MAX,
    offset: u32::MAX,
};

fn key(run: usize, queue: QueueId, class: Class, position: Position) -> Key {
    if run == FRESH {
        Key::Fresh(queue, class, position)
    } else {
        Key::Returned(queue, class, position)
    }
}

impl QueueCell {
    fn run(&self, class: Class, run: usize) -> &Run {
        let runs = &self.row.runs[class.index()];
        if run == FRESH {
            &runs.fresh
        } else {
            &runs.returned
        }
    }

    fn run_mut(&mut self, class: Class, run: usize) -> &mut Run {
        let runs = &mut self.row.runs[class.index()];
        if run == FRESH {
            &mut runs.fresh
        } else {
            &mut runs.returned
        }
    }

    /// The ready event of a class with the least place. Its windows must be loaded.
    pub(crate) fn front(&self, class: Class) -> Option<Entry> {
        let windows = &self.derived.windows[class.index()];
        [windows[FRESH].first(), windows[RETURNED].first()]
            .into_iter()
            .flatten()
            .min()
    }

    fn insert(&mut self, class: Class, run: usize, entry: Entry) {
        let len = self.run(class, run).len;
        self.derived.windows[class.index()][run].insert(entry, len);
        let it = self.run_mut(class, run);
        it.head = if len == 0 {
            entry.0
        } else {
            it.head.min(entry.0)
        };
        it.len += 1;
    }

    fn remove(&mut self, class: Class, run: usize, entry: Entry, from_front: bool) {
        self.derived.windows[class.index()][run].remove(entry);
        let it = self.run_mut(class, run);
        assert!(it.len > 0, "a run loses only what it has");
        it.len -= 1;
        if it.len == 0 {
            *it = Run::default();
        } else if from_front {
            it.head = entry.0;
        }
    }
}

impl State {
    /// Reads the next events of a class into memory, where they are not there yet.
    pub(crate) fn load_windows(
        &mut self,
        rows: &dyn Rows,
        queue: QueueId,
        class: Class,
    ) -> Result<(), RowError> {
        let cell = self.queue_mut(queue);
        for run in [FRESH, RETURNED] {
            let Run { head, len } = *cell.run(class, run);
            let window = &mut cell.derived.windows[class.index()][run];
            if len == 0 || window.first().is_some() {
                continue;
            }
            let from = key(run, queue, class, head);
            let found = rows.scan(&from, &key(run, queue, class, END), WINDOW)?;
            window.fill(found.iter().map(entry).collect::<Result<Vec<_>, _>>()?);
            if window.first().is_none() {
                return Err(broken(&from));
            }
        }
        Ok(())
    }
}

fn entry((key, row): &(Key, Row)) -> Result<Entry, RowError> {
    match (key, row) {
        (Key::Fresh(_, _, at) | Key::Returned(_, _, at), Row::EventRef(id)) => Ok((*at, *id)),
        _ => Err(broken(key)),
    }
}

impl Batch<'_> {
    /// Puts an event at the end of its class: its position is the latest there is.
    pub(crate) fn add_fresh(&mut self, queue: QueueId, class: Class, at: Position, id: EventId) {
        self.overlay
            .put_new(Key::Fresh(queue, class, at), Row::EventRef(id));
        self.queue_mut(queue).insert(class, FRESH, (at, id));
    }

    /// Puts an event back at the place that it always had.
    pub(crate) fn add_returned(&mut self, queue: QueueId, class: Class, at: Position, id: EventId) {
        self.overlay
            .put_new(Key::Returned(queue, class, at), Row::EventRef(id));
        self.queue_mut(queue).insert(class, RETURNED, (at, id));
    }

    /// Takes a ready event out, from the front or from amid.
    pub(crate) fn remove_ready(
        &mut self,
        queue: QueueId,
        class: Class,
        at: Position,
        id: EventId,
        from_front: bool,
    ) -> Result<(), RowError> {
        let run = match self.overlay.get(&Key::Returned(queue, class, at))? {
            Some(_) => RETURNED,
            None => FRESH,
        };
        self.overlay.delete(key(run, queue, class, at));
        self.queue_mut(queue)
            .remove(class, run, (at, id), from_front);
        Ok(())
    }
}
