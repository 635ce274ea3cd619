use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::answer::{Receipt, Rejection, Reply};
use crate::arrival::{Door, Times};
use crate::batch::{Batch, Outcome, broken};
use crate::command::Command;
use crate::command::receive::{Routed, check_routed};
use crate::history::StepKind;
use crate::id::{EventId, QueueId, SourceId, TeamId};
use crate::model::{Content, DeadCause, Event, EventState, Origin, Source};
use crate::rows::{Key, Row, RowError, Rows};

/// Routes an event again that no route of its source had matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reroute {
    /// The source.
    pub source: SourceId,
    /// The revision of the source that routed it now.
    pub revision: u64,
    /// The event.
    pub event: EventId,
    /// What becomes of it, not empty. The first one is the event itself, under its own id; the
    /// others repeat it.
    pub routed: Vec<Routed>,
}

impl Reroute {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let source = batch.source_to_manage(command, self.source)?;
        let event = self.unmatched(batch, &source)?;
        if self.revision != source.revision {
            let present = source.revision;
            return Err(Rejection::Revision { present }.into());
        }
        self.check(batch, &source)?;
        let times = batch.times_of(&self.routed)?;
        let queues = batch.queues_of(&source, &self.routed)?;
        let content = batch.content_of(source.team, self.event)?;
        let door = match batch.state.holds(&source) {
            true => Door::Held(source.id),
            false => Door::Queue,
        };

        let mut again = self.routed.iter().zip(times).zip(&queues);
        if let Some(((routed, times), queue)) = again.next() {
            batch.take_up(event.clone(), &content, routed, times, *queue, door)?;
        }
        for ((routed, times), queue) in again {
            let content = told(&content, routed);
            let mut arrival =
                routed.arrival(&source, *queue, times, event.event_type.clone(), content);
            arrival.replayed_from = Some(self.event);
            batch.admit(arrival, door)?;
        }
        for queue in queues {
            batch.dispatch(queue)?;
        }
        let events = self.routed.iter().map(|it| it.event).collect();
        Ok(Reply::Received(match door {
            Door::Held(_) => Receipt::Held(events),
            Door::Queue | Door::Unmatched => Receipt::Accepted(events),
        }))
    }

    fn unmatched(&self, batch: &Batch<'_>, source: &Arc<Source>) -> Outcome<Box<Event>> {
        let event = batch.event(source.team, self.event)?;
        let own = event.filter(|it| it.origin == Origin::Source(source.id));
        let event = own.ok_or(Rejection::NotFound)?;
        match event.state {
            EventState::Dead {
                cause: DeadCause::Unmatched,
                ..
            } => Ok(event),
            EventState::Dead { .. }
            | EventState::Delayed { .. }
            | EventState::Held { .. }
            | EventState::Ready
            | EventState::Waiting
            | EventState::Leased { .. }
            | EventState::Parked { .. }
            | EventState::Backoff { .. }
            | EventState::Ended { .. } => Err(Rejection::WrongState.into()),
        }
    }

    fn check(&self, batch: &Batch<'_>, source: &Source) -> Outcome<()> {
        check_routed(&self.routed)?;
        let mut ids = self.routed.iter().map(|it| it.event);
        if ids.next() != Some(self.event) {
            return Err(Rejection::Invalid("routes: the first event keeps its id").into());
        }
        for id in ids {
            if batch.event(source.team, id)?.is_some() {
                return Err(Rejection::Exists.into());
            }
        }
        Ok(())
    }
}

/// The same content, under another route.
fn told(content: &Content, routed: &Routed) -> Content {
    Content {
        instruction: routed.instruction.clone(),
        shown_bytes: routed.shown_bytes,
        ..content.clone()
    }
}

impl Batch<'_> {
    /// Takes an unmatched event out of the dead letters, as the event that a route makes of it.
    fn take_up(
        &mut self,
        mut event: Box<Event>,
        content: &Content,
        routed: &Routed,
        times: Times,
        queue: QueueId,
        door: Door,
    ) -> Result<(), RowError> {
        self.lift(&event)?;
        event.queue = queue;
        event.class = routed.class;
        event.key = routed.ordering_key.clone();
        event.attempts_max = routed.attempts;
        event.lease = routed.lease;
        event.expires = times.expires;
        event.history.push(self.now(), StepKind::Rerouted);
        let key = Key::Content(event.team, event.id);
        self.put(key, Row::Content(told(content, routed)));
        match door {
            Door::Held(source) => self.hold(&mut event, source, times.not_before),
            Door::Queue | Door::Unmatched => self.enter_when_due(&mut event, times.not_before)?,
        }
        self.put_event(event);
        Ok(())
    }

    fn content_of(&self, team: TeamId, event: EventId) -> Result<Content, RowError> {
        let key = Key::Content(team, event);
        match self.overlay.get(&key)? {
            Some(Row::Content(content)) => Ok(content),
            Some(_) | None => Err(broken(&key)),
        }
    }
}
