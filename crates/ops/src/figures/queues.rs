//! Queues of the whole cluster: how many events, and how old the oldest is that is ready. Each node
//! shows the same.
//!
//! The queues with the most events have series of their own, all others one together: nobody's tags
//! can fill a database of figures.

use std::cmp::Reverse;

use ackord_core::id::{EventId, QueueId, TeamId};
use ackord_core::model::{Class, Queue, Run};
use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_core::time::{Position, Timestamp};
use ackord_machine::{Directory, RowView};
use prometheus_client::registry::Registry;

use super::sessions::{Held, Sessions};
use super::{Labels, number, show_each};

/// Queues that have series of their own.
const NAMED_MAX: usize = 50;
/// Queues whose oldest event is looked up, those with the most events first.
const AGED_MAX: usize = 1000;
/// Rows read at once.
const PAGE: usize = 1024;
/// The team and tag of all queues without series of their own: no name of either has brackets.
const OTHER: &str = "(other)";
/// What events of a queue are at, in the order of [`Load::counts`].
const STATES: [&str; 7] = [
    "ready", "leased", "parked", "delayed", "backoff", "waiting", "dead",
];

/// The figures of all queues.
#[derive(Debug)]
pub(crate) struct Queues(Vec<Load>);

/// What one queue has, or several together.
#[derive(Debug, Clone, PartialEq)]
struct Load {
    team: String,
    tag: String,
    counts: [u64; STATES.len()],
    /// Since when the oldest of the ready events was accepted.
    oldest: Option<Timestamp>,
    now: Timestamp,
}

impl Load {
    /// Events that a session may get yet.
    fn pending(&self) -> u64 {
        let [counted @ .., _dead] = &self.counts;
        counted.iter().sum()
    }

    fn add(&mut self, other: &Self) {
        for (all, more) in self.counts.iter_mut().zip(other.counts) {
            *all += more;
        }
        self.oldest = [self.oldest, other.oldest].into_iter().flatten().min();
    }

    fn labels(&self) -> Labels {
        vec![("team", self.team.clone()), ("tag", self.tag.clone())]
    }
}

/// Looks at all queues.
pub(crate) fn look(
    rows: &RowView,
    teams: &Directory,
    sessions: &Sessions,
    now: Timestamp,
) -> Result<Queues, RowError> {
    let mut found = Vec::new();
    let to = Key::Queue(QueueId(u64::MAX));
    walk(rows, Key::Queue(QueueId(0)), &to, |_, row| {
        if let Row::Queue(queue) = row {
            let held = sessions.held.get(&queue.id).copied().unwrap_or_default();
            let load = load(&queue, teams, held, now);
            found.push((load, queue));
        }
    })?;
    found.sort_by_key(|it| Reverse(it.0.pending()));
    for (load, queue) in found.iter_mut().take(AGED_MAX) {
        load.oldest = oldest(rows, queue)?;
    }
    Ok(Queues::bounded(found.into_iter().map(|it| it.0)))
}

fn load(queue: &Queue, teams: &Directory, held: Held, now: Timestamp) -> Load {
    let team = teams.team(queue.team).map(|it| it.name.to_string());
    let tag = queue.tag.as_ref().map(ToString::to_string);
    let ready = queue.runs.iter().map(|it| it.fresh.len + it.returned.len);
    Load {
        team: team.unwrap_or_default(),
        tag: tag.unwrap_or_default(),
        counts: [
            ready.sum(),
            held.leased,
            held.parked,
            queue.delayed,
            queue.backoff,
            queue.waiting,
            queue.dead,
        ],
        oldest: None,
        now,
    }
}

/// When the oldest of the events that stand first in the runs of a queue was accepted.
fn oldest(rows: &RowView, queue: &Queue) -> Result<Option<Timestamp>, RowError> {
    type Place = fn(QueueId, Class, Position) -> Key;
    let mut oldest: Option<Timestamp> = None;
    for (class, runs) in Class::ALL.into_iter().zip(&queue.runs) {
        let places: [(Place, Run); 2] = [(Key::Fresh, runs.fresh), (Key::Returned, runs.returned)];
        for (key, run) in places {
            if run.len == 0 {
                continue;
            }
            let (from, to) = (key(queue.id, class, run.head), key(queue.id, class, LAST));
            let first = rows.scan(&from, &to, 1)?.pop();
            if let Some((_, Row::EventRef(event))) = first {
                let accepted = accepted(rows, queue.team, event)?;
                oldest = [oldest, accepted].into_iter().flatten().min();
            }
        }
    }
    Ok(oldest)
}

/// Behind every place.
const LAST: Position = Position {
    index: u64::MAX,
    offset: u32::MAX,
};

fn accepted(rows: &RowView, team: TeamId, event: EventId) -> Result<Option<Timestamp>, RowError> {
    let row = rows.get(&Key::Event(team, event))?;
    Ok(match row {
        Some(Row::Event(it)) => Some(it.accepted),
        _ => None,
    })
}

impl Queues {
    /// Keeps the first by themselves, and puts the rest together.
    fn bounded(loads: impl Iterator<Item = Load>) -> Self {
        let mut kept: Vec<Load> = Vec::new();
        let mut rest: Option<Load> = None;
        for load in loads {
            if kept.len() < NAMED_MAX {
                kept.push(load);
                continue;
            }
            match &mut rest {
                Some(rest) => rest.add(&load),
                None => {
                    rest = Some(Load {
                        team: OTHER.to_owned(),
                        tag: OTHER.to_owned(),
                        ..load
                    });
                }
            }
        }
        kept.extend(rest);
        Self(kept)
    }

    pub(crate) fn show(&self, registry: &mut Registry) {
        let counts = self.0.iter().flat_map(|load| {
            STATES.iter().zip(load.counts).map(|(state, count)| {
                let mut labels = load.labels();
                labels.push(("state", (*state).to_owned()));
                (labels, number(count))
            })
        });
        let help = "Events of a queue, by what they are at. The same on each node. The 50 queues \
                    with the most events have series, all others one together: \"(other)\"";
        show_each(registry, "queue_events", help, counts);
        let ages = self.0.iter().map(|load| {
            let age = load.oldest.map_or(0, |it| load.now.0.saturating_sub(it.0));
            (load.labels(), number(age) / 1000.0)
        });
        let help = "Time since the oldest ready event of a queue was accepted, of those first in \
                    their class; 0: none is ready. The same on each node";
        show_each(registry, "queue_oldest_ready_seconds", help, ages);
    }
}

/// Shows `visit` each row from `from` up to `to`.
pub(super) fn walk(
    rows: &RowView,
    mut from: Key,
    to: &Key,
    mut visit: impl FnMut(&Key, Row),
) -> Result<(), RowError> {
    let mut last = None;
    loop {
        let page = rows.scan(&from, to, PAGE)?;
        let full = page.len() == PAGE;
        for (key, row) in page {
            // A page begins where the one before has ended.
            if last.as_ref() != Some(&key) {
                visit(&key, row);
                last = Some(key);
            }
        }
        match &last {
            Some(key) if full => from = key.clone(),
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tag: usize, ready: u64, oldest: u64) -> Load {
        let mut counts = [0; STATES.len()];
        counts[0] = ready;
        Load {
            team: "t".to_owned(),
            tag: tag.to_string(),
            counts,
            oldest: Some(Timestamp(oldest)),
            now: Timestamp(10_000),
        }
    }

    #[test]
    fn queues_beyond_a_number_share_their_series() {
        let loads = (0..NAMED_MAX + 3).map(|it| of(it, 2, 9000 - it as u64));
        let Queues(shown) = Queues::bounded(loads);
        assert_eq!(shown.len(), NAMED_MAX + 1);
        let rest = shown.last().expect("there are some");
        assert_eq!((rest.team.as_str(), rest.tag.as_str()), (OTHER, OTHER));
        assert_eq!((rest.counts[0], rest.oldest), (6, Some(Timestamp(8948))));
        let Queues(all) = Queues::bounded((0..3).map(|it| of(it, 1, 1)));
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn dead_letters_do_not_wait() {
        let mut load = of(0, 2, 1);
        load.counts[6] = 40;
        assert_eq!(load.pending(), 2);
    }
}
