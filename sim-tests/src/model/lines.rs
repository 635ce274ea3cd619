//! Lines: of the events of one ordering key, one is out and the others wait.

use ackord_core::id::EventId;
use ackord_core::time::Position;

use super::Model;
use super::event::{Event, State};

impl Model {
    /// An event is deliverable, unless it waits for others of its key: behind all that are there. Where
    /// exactly, the end of the command tells.
    pub(super) fn enter(&mut self, id: EventId) {
        self.entered += 1;
        let event = self.events.get_mut(&id).expect("it was looked up");
        event.place = Position {
            index: u64::MAX,
            offset: self.entered,
        };
        let event = &self.events[&id];
        let others = self.others_in_line(event).next().is_some();
        let state = if others { State::Waiting } else { State::Ready };
        self.set(id, state);
    }

    /// An event is over: the next one of its key goes on.
    pub(super) fn end(&mut self, id: EventId, state: State) {
        let event = &self.events[&id];
        let (held_up, was) = (event.is_in_line(), event.state);
        let next = self.others_in_line(event).min_by_key(|it| it.place);
        let next = next
            .filter(|_| held_up && was != State::Waiting)
            .map(|it| it.id);
        self.set(id, state);
        if let Some(next) = next {
            self.set(next, State::Ready);
        }
    }

    /// Where an event stands now. Whoever held it has it no more.
    pub(super) fn set(&mut self, id: EventId, state: State) {
        let number = self.number;
        let event = self
            .events
            .get_mut(&id)
            .expect("whoever moves it has seen it");
        let holder = event.holder();
        event.state = state;
        let parted = holder.filter(|_| event.holder() != holder);
        self.touched.insert(id);
        if let Some(holder) = parted {
            self.wait_no_more(holder, id);
        }
        let Some(session) = holder.and_then(|it| self.sessions.get_mut(&it)) else {
            return;
        };
        if session.parked == Some(id) {
            session.parked = None;
        } else {
            session.held = None;
            session.idle_since = number;
        }
    }

    pub(super) fn others_in_line<'a>(
        &'a self,
        event: &'a Event,
    ) -> impl Iterator<Item = &'a Event> {
        self.events.values().filter(move |it| {
            let same = it.queue == event.queue && it.key.is_some() && it.key == event.key;
            same && it.id != event.id && it.is_in_line()
        })
    }
}
