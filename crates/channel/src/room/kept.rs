//! Deliveries of this session: the latest of each event, for as long as an answer may come.

use std::collections::VecDeque;

use ackord_client::Delivery;

/// Deliveries that are no longer the session's, and are kept for late answers.
const LATE_MAX: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Kept {
    deliveries: VecDeque<Delivery>,
    /// Handles of what was told again by another session. Their own may not know yet that it has ended, and
    /// to drop them before would give the event back.
    replaced: Vec<Delivery>,
}

impl Kept {
    /// Keeps it in place of an older one of its event.
    pub(super) fn put(&mut self, delivery: Delivery) {
        self.replaced.retain(|it| it.loss().is_none());
        let same = |it: &Delivery| it.event_id == delivery.event_id;
        if let Some(at) = self.deliveries.iter().position(same) {
            self.replaced.extend(self.deliveries.remove(at));
        }
        self.deliveries.push_back(delivery);
        // What is still the session's is not dropped: that would give it back.
        while self.deliveries.len() > LATE_MAX {
            match self.deliveries.iter().position(|it| it.loss().is_some()) {
                Some(late) => self.deliveries.remove(late),
                None => return,
            };
        }
    }

    /// The latest delivery of this event.
    pub(super) fn latest(&self, event_id: &str) -> Option<&Delivery> {
        let mut deliveries = self.deliveries.iter();
        deliveries.find(|it| it.event_id == event_id)
    }
}
