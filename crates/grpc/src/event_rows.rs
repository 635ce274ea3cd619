//! Events in the rows: one of them, or a page.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackord_core::id::{EventId, QueueId, TeamId};
use ackord_core::model::{Content, DeadCause, Event, Ledger, Token};
use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_core::text::{EventType, Tag};
use ackord_core::time::Position;
use ackord_machine::RowView;
use ackord_proto::{to_wire, v1};

use crate::api::LOG;
use crate::page::{Ask, At, Page};
use crate::walk::{Walk, unexpected};

/// After every position that the log can give.
const END: Position = Position {
    index: u64::MAX,
    offset: u32::MAX,
};

/// The event, if the team has it.
pub(crate) fn event(
    rows: &RowView,
    team: TeamId,
    id: EventId,
) -> Result<Option<Box<Event>>, RowError> {
    let key = Key::Event(team, id);
    match rows.get(&key)? {
        None => Ok(None),
        Some(Row::Event(event)) => Ok(Some(event)),
        Some(_) => Err(unexpected(&key)),
    }
}

/// What was submitted with an event that is there.
pub(crate) fn content(rows: &RowView, event: &Event) -> Result<Content, RowError> {
    let key = Key::Content(event.team, event.id);
    match rows.get(&key)? {
        Some(Row::Content(content)) => Ok(content),
        _ => Err(unexpected(&key)),
    }
}

/// What an event that is there has done outside. Most have done nothing, and have no row for it.
pub(crate) fn ledger(rows: &RowView, event: &Event) -> Result<Ledger, RowError> {
    if event.effects == 0 {
        return Ok(Ledger::default());
    }
    let key = Key::Ledger(event.team, event.id);
    match rows.get(&key)? {
        Some(Row::Ledger(ledger)) => Ok(ledger),
        _ => Err(unexpected(&key)),
    }
}

/// The tags of queues, each read once.
pub(crate) struct Tags<'a> {
    rows: &'a RowView,
    known: BTreeMap<QueueId, Option<Tag>>,
}

impl<'a> Tags<'a> {
    pub(crate) fn new(rows: &'a RowView) -> Self {
        Self {
            rows,
            known: BTreeMap::new(),
        }
    }

    /// The tag of a queue that another row names.
    pub(crate) fn of(&mut self, queue: QueueId) -> Result<Option<&Tag>, RowError> {
        if !self.known.contains_key(&queue) {
            let key = Key::Queue(queue);
            let Some(Row::Queue(row)) = self.rows.get(&key)? else {
                return Err(unexpected(&key));
            };
            self.known.insert(queue, row.tag);
        }
        Ok(self.known[&queue].as_ref())
    }
}

/// Which events a list shows.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Shows only what its holder may see.
    pub(crate) token: Arc<Token>,
    /// Inner none: the untagged queue.
    pub(crate) tag: Option<Option<Tag>>,
    pub(crate) state: Option<v1::EventState>,
    pub(crate) event_type: Option<EventType>,
    pub(crate) cause: Option<DeadCause>,
    /// Shows what events have done outside, too.
    pub(crate) with_ledgers: bool,
}

impl Filter {
    fn takes_queue(&self, tags: &mut Tags<'_>, queue: QueueId) -> Result<bool, RowError> {
        let tag = tags.of(queue)?;
        let wanted = self.tag.as_ref().is_none_or(|it| it.as_ref() == tag);
        Ok(wanted && self.token.reaches(tag))
    }

    /// The event, if the list shows it.
    fn take(&self, tags: &mut Tags<'_>, event: &Event) -> Result<Option<v1::Event>, RowError> {
        let state = to_wire::event_state(&event.state);
        let wanted = self.state.is_none_or(|it| it == state)
            && self
                .event_type
                .as_ref()
                .is_none_or(|it| *it == event.event_type);
        if !wanted || !self.takes_queue(tags, event.queue)? {
            return Ok(None);
        }
        let ledger = match self.with_ledgers {
            true => ledger(tags.rows, event)?,
            false => Ledger::default(),
        };
        let tag = tags.of(event.queue)?;
        Ok(Some(to_wire::event(event, tag, &ledger, LOG)))
    }

    /// The event of an index row, if the list shows it.
    fn take_named(
        &self,
        tags: &mut Tags<'_>,
        team: TeamId,
        id: EventId,
    ) -> Result<Option<v1::Event>, RowError> {
        match event(tags.rows, team, id)? {
            Some(event) => self.take(tags, &event),
            None => Err(unexpected(&Key::Event(team, id))),
        }
    }
}

/// Events by id, which is the order of their submits; without their histories.
pub(crate) fn list(
    rows: &RowView,
    team: TeamId,
    ask: &Ask<EventId>,
    filter: &Filter,
) -> Result<Page<v1::Event>, RowError> {
    let from = ask
        .after
        .map_or(EventId(0), |it| EventId(it.0.saturating_add(1)));
    let to = Key::Event(TeamId(team.0 + 1), EventId(0));
    let events = Walk::forward(rows, Key::Event(team, from), to).map(|it| match it? {
        (Key::Event(_, id), Row::Event(event)) => Ok((id, event)),
        (key, _) => Err(unexpected(&key)),
    });
    let mut tags = Tags::new(rows);
    ask.page(events, |event: Box<Event>| {
        let shown = filter.take(&mut tags, &event)?;
        Ok(shown.map(|it| v1::Event {
            history: Vec::new(),
            ..it
        }))
    })
}

/// Dead letters, oldest first.
pub(crate) fn list_dead(
    rows: &RowView,
    team: TeamId,
    ask: &Ask<At>,
    filter: &Filter,
) -> Result<Page<v1::Event>, RowError> {
    let from = Key::Dead(team, ask.after.map(|it| after(it.0)).unwrap_or_default());
    let letters = Walk::forward(rows, from, Key::Dead(team, END)).map(|it| match it? {
        (Key::Dead(_, at), Row::DeadLetter(letter)) => Ok((At(at), letter)),
        (key, _) => Err(unexpected(&key)),
    });
    let mut tags = Tags::new(rows);
    ask.page(letters, |letter| {
        if filter.cause.is_some_and(|it| it != letter.cause) {
            return Ok(None);
        }
        filter.take_named(&mut tags, team, letter.event)
    })
}

/// Finished events, newest first.
pub(crate) fn list_finished(
    rows: &RowView,
    team: TeamId,
    ask: &Ask<At>,
    filter: &Filter,
) -> Result<Page<v1::Event>, RowError> {
    let from = Key::Finished(team, Position::default());
    let to = Key::Finished(team, ask.after.map_or(END, |it| it.0));
    let finished = Walk::backward(rows, from, to).map(|it| match it? {
        (Key::Finished(_, at), Row::Finished(finished)) => Ok((At(at), finished)),
        (key, _) => Err(unexpected(&key)),
    });
    let mut tags = Tags::new(rows);
    ask.page(finished, |it| filter.take_named(&mut tags, team, it.event))
}

/// The first place behind this one.
pub(crate) fn after(at: Position) -> Position {
    match at.offset.checked_add(1) {
        Some(offset) => Position { offset, ..at },
        None => Position {
            index: at.index.saturating_add(1),
            offset: 0,
        },
    }
}
