//! Lanes: of the events of one ordering key, only the first stands in the queue. The others wait
//! here, and the next one steps forward when the first is done for good.

use crate::batch::{Batch, broken};
use crate::id::{EventId, QueueId};
use crate::model::{Event, EventState, Lane};
use crate::planted::{Bug, is_planted};
use crate::rows::{Key, Row, RowError, Rows};
use crate::text::OrderingKey;
use crate::time::Position;

const END: Position = Position {
    index: u64::MAX,
    offset: u32::MAX,
};

impl Batch<'_> {
    /// The lane of an ordering key, if it is in use.
    fn lane(&self, queue: QueueId, key: &OrderingKey) -> Result<Option<Lane>, RowError> {
        let row = Key::Lane(queue, key.clone());
        match self.overlay.get(&row)? {
            None => Ok(None),
            Some(Row::Lane(lane)) => Ok(Some(lane)),
            Some(_) => Err(broken(&row)),
        }
    }

    /// Enters an event in its key's lane. Answers whether it must wait.
    pub(crate) fn enter_lane(&mut self, event: &Event) -> Result<bool, RowError> {
        let Some(key) = &event.key else {
            return Ok(false);
        };
        if is_planted(Bug::OrderingKeyIgnored) {
            return Ok(false);
        }
        let (queue, at) = (event.queue, event.position);
        let Some(mut lane) = self.lane(queue, key)? else {
            let lane = Lane {
                holder: event.id,
                waiting: 0,
                head: Position::default(),
            };
            self.put_new(Key::Lane(queue, key.clone()), Row::Lane(lane));
            return Ok(false);
        };
        lane.head = if lane.waiting == 0 {
            at
        } else {
            lane.head.min(at)
        };
        lane.waiting += 1;
        self.put_new(
            Key::LaneWaiting(queue, key.clone(), at),
            Row::EventRef(event.id),
        );
        self.put(Key::Lane(queue, key.clone()), Row::Lane(lane));
        self.queue_mut(queue).row.waiting += 1;
        Ok(true)
    }

    /// Takes an event out of its key's lane. If it was the first, the next one becomes ready.
    pub(crate) fn leave_lane(&mut self, event: &Event) -> Result<(), RowError> {
        let Some(key) = &event.key else { return Ok(()) };
        if is_planted(Bug::OrderingKeyIgnored) {
            return Ok(());
        }
        let row = Key::Lane(event.queue, key.clone());
        let mut lane = self.lane(event.queue, key)?.ok_or_else(|| broken(&row))?;
        if lane.holder != event.id {
            let waiting = Key::LaneWaiting(event.queue, key.clone(), event.position);
            self.delete(waiting);
            self.queue_mut(event.queue).row.waiting -= 1;
            lane.waiting -= 1;
        } else if lane.waiting == 0 {
            self.delete(row);
            return Ok(());
        } else {
            let (at, next) = self.first_waiting(event.queue, key, lane.head)?;
            lane = Lane {
                holder: next,
                waiting: lane.waiting - 1,
                head: at,
            };
            self.step_forward(event, key, at, next)?;
        }
        self.put(row, Row::Lane(lane));
        Ok(())
    }

    fn first_waiting(
        &self,
        queue: QueueId,
        key: &OrderingKey,
        head: Position,
    ) -> Result<(Position, EventId), RowError> {
        let from = Key::LaneWaiting(queue, key.clone(), head);
        let to = Key::LaneWaiting(queue, key.clone(), END);
        match self.overlay.scan(&from, &to, 1)?.first() {
            Some((Key::LaneWaiting(_, _, at), Row::EventRef(id))) => Ok((*at, *id)),
            _ => Err(broken(&from)),
        }
    }

    fn step_forward(
        &mut self,
        done: &Event,
        key: &OrderingKey,
        at: Position,
        next: EventId,
    ) -> Result<(), RowError> {
        self.delete(Key::LaneWaiting(done.queue, key.clone(), at));
        self.queue_mut(done.queue).row.waiting -= 1;
        let mut event = self.event_of(done.team, next)?;
        event.state = EventState::Ready;
        self.add_returned(&event);
        self.put_event(event);
        Ok(())
    }
}
