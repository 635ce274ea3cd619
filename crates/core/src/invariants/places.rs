//! Rules about ready events and the runs that they stand in.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::id::{EventId, QueueId};
use crate::model::{Class, EventState, Run};
use crate::state::State;
use crate::time::Position;

type Index = BTreeMap<(QueueId, Class, Position), EventId>;

/// Every ready event has one row, in one of the two runs of its class, at its own place; and
/// every row of a run stands for such an event.
pub(super) fn a_ready_event_stands_in_one_run(_: &State, all: &All) -> Result<(), String> {
    let mut ready = 0;
    for event in all.events.values() {
        if event.state != EventState::Ready {
            continue;
        }
        ready += 1;
        let place = (event.queue, event.class, event.position);
        let rows = [all.fresh.get(&place), all.returned.get(&place)];
        let own = rows.iter().flatten().filter(|it| ***it == event.id);
        ensure(own.count() == 1, || {
            format!("{} at {place:?}: {rows:?}", event.id)
        })?;
    }
    let rows = all.fresh.len() + all.returned.len();
    ensure(rows == ready, || {
        format!("{rows} rows for {ready} ready events")
    })
}

/// The row of a queue knows how long its runs are, and where none of their rows lies before. An
/// empty run is forgotten whole.
pub(super) fn a_run_counts_its_rows(_: &State, all: &All) -> Result<(), String> {
    for queue in all.queues.values() {
        for class in Class::ALL {
            let runs = &queue.runs[class.index()];
            for (run, index) in [(runs.fresh, &all.fresh), (runs.returned, &all.returned)] {
                count(queue.id, class, run, index)?;
            }
        }
    }
    Ok(())
}

fn count(queue: QueueId, class: Class, run: Run, index: &Index) -> Result<(), String> {
    let mut rows = index
        .keys()
        .filter(|it| (it.0, it.1) == (queue, class))
        .map(|it| it.2);
    let first = rows.next();
    let len = u64::from(first.is_some()) + rows.count() as u64;
    let right = match first {
        None => run == Run::default(),
        Some(first) => run.len == len && run.head <= first,
    };
    ensure(right, || {
        format!("{queue} {class:?}: {run:?}, but {len} rows from {first:?}")
    })
}
