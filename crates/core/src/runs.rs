//! Ready events of a queue: two runs a class, taken from the front, never searched.
//!
//! The fresh run grows at its end only, so what is taken leaves no gaps but at its head, and the
//! head is remembered. What comes back to an older place goes to the returned run, which is small;
//! so a single old event does not make anybody walk over all that was taken since.

use alloc::vec::Vec;

use crate::batch::{Batch, broken};
use crate::id::QueueId;
use crate::limits::WINDOW;
use crate::model::{Class, Event, Run};
use crate::planted::{Bug, is_planted};
use crate::rows::{Key, Row, RowError, Rows};
use crate::state::{Entry, QueueCell, State};
use crate::time::Position;
use crate::window::Window;

/// One of the two runs of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// See [`crate::model::Runs::fresh`].
    Fresh,
    /// See [`crate::model::Runs::returned`].
    Returned,
}

/// After every position that the log can give.
const END: Position = Position {
    index: u64::MAX,
    offset: u32::MAX,
};

impl Which {
    const BOTH: [Self; 2] = [Self::Fresh, Self::Returned];

    fn key(self, queue: QueueId, class: Class, position: Position) -> Key {
        match self {
            Self::Fresh => Key::Fresh(queue, class, position),
            Self::Returned => Key::Returned(queue, class, position),
        }
    }
}

impl QueueCell {
    fn run(&self, class: Class, which: Which) -> &Run {
        let runs = &self.row.runs[class.index()];
        match which {
            Which::Fresh => &runs.fresh,
            Which::Returned => &runs.returned,
        }
    }

    fn run_mut(&mut self, class: Class, which: Which) -> &mut Run {
        let runs = &mut self.row.runs[class.index()];
        match which {
            Which::Fresh => &mut runs.fresh,
            Which::Returned => &mut runs.returned,
        }
    }

    fn window_mut(&mut self, class: Class, which: Which) -> &mut Window<Entry> {
        &mut self.derived.windows[class.index()][which as usize]
    }

    /// The first event of a run. The windows must be loaded.
    pub(crate) fn first(&self, class: Class, which: Which) -> Option<Entry> {
        self.derived.windows[class.index()][which as usize].first()
    }

    /// The ready event of a class with the least place, and the run that it stands in. The
    /// windows must be loaded.
    pub(crate) fn front(&self, class: Class) -> Option<(Entry, Which)> {
        let first = |it: Which| self.first(class, it).map(|entry| (entry, it));
        let mut firsts = Which::BOTH.into_iter().filter_map(first);
        if is_planted(Bug::ReturnedLast) {
            return firsts.next();
        }
        firsts.min_by_key(|it| it.0)
    }

    fn insert(&mut self, class: Class, which: Which, entry: Entry) {
        let len = self.run(class, which).len;
        self.window_mut(class, which).insert(entry, len);
        let it = self.run_mut(class, which);
        it.head = if len == 0 {
            entry.0
        } else {
            it.head.min(entry.0)
        };
        it.len += 1;
    }

    fn remove(&mut self, class: Class, which: Which, entry: Entry, from_front: bool) {
        self.window_mut(class, which).remove(entry);
        let it = self.run_mut(class, which);
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
        for which in Which::BOTH {
            let Run { head, len } = *cell.run(class, which);
            let window = cell.window_mut(class, which);
            if len == 0 || window.first().is_some() {
                continue;
            }
            let from = which.key(queue, class, head);
            let found = rows.scan(&from, &which.key(queue, class, END), WINDOW)?;
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
    pub(crate) fn add_fresh(&mut self, event: &Event) {
        self.add_ready(event, Which::Fresh);
    }

    /// Puts an event back at the place that it always had.
    pub(crate) fn add_returned(&mut self, event: &Event) {
        self.add_ready(event, Which::Returned);
    }

    fn add_ready(&mut self, event: &Event, which: Which) {
        let (queue, class, at) = (event.queue, event.class, event.position);
        self.put_new(which.key(queue, class, at), Row::EventRef(event.id));
        self.queue_mut(queue).insert(class, which, (at, event.id));
    }

    /// Takes a ready event out of its run, from the front or from amid.
    pub(crate) fn remove_ready(&mut self, event: &Event, which: Which, from_front: bool) {
        let (queue, class, at) = (event.queue, event.class, event.position);
        self.delete(which.key(queue, class, at));
        self.queue_mut(queue)
            .remove(class, which, (at, event.id), from_front);
    }

    /// The run that a ready event stands in. Whoever took it from a front knows without reading.
    pub(crate) fn run_of(&mut self, event: &Event) -> Result<Which, RowError> {
        self.budget.count_row();
        let key = Key::Returned(event.queue, event.class, event.position);
        match self.overlay.get(&key)? {
            None => Ok(Which::Fresh),
            Some(Row::EventRef(_)) => Ok(Which::Returned),
            Some(_) => Err(broken(&key)),
        }
    }
}
