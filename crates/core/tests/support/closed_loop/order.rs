//! First come, first served: within a queue and class nobody is given an event while an earlier
//! one is ready.

use std::collections::BTreeMap;

use ackord_core::history::{DeliveryCause, StepKind};
use ackord_core::id::{EventId, TeamId};
use ackord_core::model::{Class, Event, EventState, Queue};
use ackord_core::rows::{Key, Row};

use crate::support::rows::MemoryRows;

pub(crate) type Events = BTreeMap<(TeamId, EventId), Event>;

/// All events there are.
pub(crate) fn events(rows: &MemoryRows) -> Events {
    let event = |(key, row): (&Key, &Row)| match (key, row) {
        (Key::Event(team, id), Row::Event(event)) => Some(((*team, *id), (**event).clone())),
        _ => None,
    };
    rows.all().iter().filter_map(event).collect()
}

/// # Panics
/// An event went first that stood behind another one all the while.
pub(crate) fn check<'a>(before: &Events, after: &Events, queues: impl Iterator<Item = &'a Queue>) {
    for queue in queues.filter(|it| !it.settings.strict) {
        for class in Class::ALL {
            let of = |it: &&Event| it.queue == queue.id && it.class == class;
            let stayed = |it: &Event| {
                let was = before.get(&(it.team, it.id));
                was.is_some_and(|was| {
                    was.state == EventState::Ready
                        && it.state == EventState::Ready
                        && (was.position, was.delivery) == (it.position, it.delivery)
                })
            };
            let passed = after.values().filter(of).filter(|it| stayed(it));
            let Some(first) = passed.min_by_key(|it| it.position) else {
                continue;
            };
            let later = |it: &&Event| it.position > first.position && was_picked(before, it);
            let later = after.values().filter(of).find(later);
            assert!(later.is_none(), "{later:#?} went before {first:#?}");
        }
    }
}

/// It was taken from the queue, by its place, and has not left it since.
fn was_picked(before: &Events, event: &Event) -> bool {
    let held = matches!(event.state, EventState::Leased { .. });
    let was = before
        .get(&(event.team, event.id))
        .map_or(0, |it| it.delivery);
    let picked = event.history.steps.last().is_some_and(|it| {
        matches!(
            it.kind,
            StepKind::Leased {
                cause: DeliveryCause::First | DeliveryCause::Again,
                ..
            }
        )
    });
    held && picked && event.delivery > was
}
