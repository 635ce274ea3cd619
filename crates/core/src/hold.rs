//! Events that a source holds: accepted while it was paused, by the position that accepted them.
//!
//! Once the source is enabled, ticks release them in that order, a bounded number each; until the
//! last one is out, what comes is held behind them, so that nothing overtakes. A source that is
//! removed holds nothing back either: what it had is released, for it was accepted.

use crate::batch::{Batch, broken};
use crate::history::StepKind;
use crate::id::{EventId, SourceId};
use crate::model::{Event, EventState, Holding, Origin, Run, Source, SourceMode};
use crate::rows::{Key, Row, RowError, Rows};
use crate::state::State;
use crate::time::{Position, Timestamp};

/// After every position that the log can give.
const END: Position = Position {
    index: u64::MAX,
    offset: u32::MAX,
};

/// The source that holds an event in state [`EventState::Held`].
fn holder(event: &Event) -> Result<SourceId, RowError> {
    match event.origin {
        Origin::Source(id) => Ok(id),
        Origin::Token(_) | Origin::Cron(_) | Origin::Session(_) => {
            Err(broken(&Key::Event(event.team, event.id)))
        }
    }
}

impl State {
    /// Whether an event that comes to the source now is held.
    pub(crate) fn holds(&self, source: &Source) -> bool {
        source.mode == SourceMode::Paused || self.holdings.contains_key(&source.id)
    }

    /// Finds out anew whether ticks release what a source holds.
    pub(crate) fn settle_release(&mut self, id: SourceId) {
        let mode = self.sources.get(&id).map(|it| it.mode);
        let free = mode.is_none_or(|it| it == SourceMode::Enabled);
        if free && self.holdings.contains_key(&id) {
            self.releasing.insert(id);
        } else {
            self.releasing.remove(&id);
        }
    }
}

impl Batch<'_> {
    /// Puts an event that stands nowhere behind those that its source holds.
    pub(crate) fn hold(&mut self, event: &mut Event, id: SourceId, until: Option<Timestamp>) {
        event.state = EventState::Held { until };
        event.history.push(self.now(), StepKind::Held);
        let at = event.accepted_at;
        self.put_new(Key::Held(id, at), Row::EventRef(event.id));
        self.queue_mut(event.queue).row.held += 1;
        self.put_due(event);
        let mut holding = self.state.holdings.get(&id).copied().unwrap_or(Holding {
            source: id,
            team: event.team,
            run: Run { head: at, len: 0 },
        });
        holding.run.head = holding.run.head.min(at);
        holding.run.len += 1;
        self.set_holding(id, Some(holding));
    }

    /// Takes an event out of what its source holds.
    pub(crate) fn unhold(&mut self, event: &Event) -> Result<(), RowError> {
        let id = holder(event)?;
        self.delete(Key::Held(id, event.accepted_at));
        self.queue_mut(event.queue).row.held -= 1;
        let key = Key::Holding(id);
        let held = self.state.holdings.get(&id).copied();
        let mut holding = held.ok_or_else(|| broken(&key))?;
        holding.run.len -= 1;
        self.set_holding(id, Some(holding).filter(|it| it.run.len > 0));
        Ok(())
    }

    fn set_holding(&mut self, id: SourceId, holding: Option<Holding>) {
        match holding {
            Some(holding) => self.state.holdings.insert(id, holding),
            None => self.state.holdings.remove(&id),
        };
        self.touch_holding(id);
        self.state.settle_release(id);
    }

    /// Releases what sources hold that need not, source by source. Answers how many events.
    pub(crate) fn release_held(&mut self) -> Result<usize, RowError> {
        let mut released = 0;
        while self.has_room()
            && let Some(id) = self.state.releasing.first().copied()
        {
            self.release_first(id)?;
            released += 1;
        }
        Ok(released)
    }

    fn release_first(&mut self, id: SourceId) -> Result<(), RowError> {
        let (at, first) = self.first_held(id)?;
        if let Some(holding) = self.state.holdings.get_mut(&id) {
            holding.run.head = at;
        }
        let team = self.state.holdings[&id].team;
        let mut event = self.event_of(team, first)?;
        let EventState::Held { until } = event.state else {
            return Err(broken(&Key::Event(team, first)));
        };
        self.lift(&event)?;
        event.history.push(self.now(), StepKind::Released);
        self.enter_when_due(&mut event, until)?;
        let queue = event.queue;
        self.put_event(event);
        self.dispatch(queue)
    }

    fn first_held(&self, id: SourceId) -> Result<(Position, EventId), RowError> {
        let from = Key::Held(id, self.state.holdings[&id].run.head);
        match self.overlay.scan(&from, &Key::Held(id, END), 1)?.first() {
            Some((Key::Held(_, at), Row::EventRef(event))) => Ok((*at, *event)),
            _ => Err(broken(&from)),
        }
    }
}
