//! What the plugin has in its hands, as far as one connection knows.
//!
//! The protocol's acks name an event, and nothing of its delivery; so the id that a plugin is given, and
//! gives back, names both: `EVENT.DELIVERY`. With that alone an ack is fenced, over whichever connection
//! it comes. One thing is known here besides: an interrupt parks the event that the plugin works on, which
//! then *resumes* under a new number. The plugin has it all the while, so it is not written again; the id
//! that the plugin has then stands for the new delivery.
//!
//! The published plugin forgets what it has in its hands after a while, and its acks with it. So what is
//! neither acked nor taken away is due to be told of again from time to time, under the id that it has.

use std::collections::VecDeque;
use std::time::Duration;

use ackord_proto::v1::{Fence, RevokeCause};
use tokio::time::Instant;

use crate::limits::EVENT_ID_MAX;

/// Events that are remembered. A session holds two at the most.
const GIVEN_MAX: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    given: VecDeque<Given>,
    /// The event whose time has passed, until the next one is written.
    missed: Option<String>,
}

/// An event that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Given {
    event: String,
    /// The delivery that was written.
    written: u32,
    /// The latest one that the plugin has it by.
    latest: u32,
    parked: bool,
    /// When the plugin was told of it; none: it has acked it.
    told: Option<Instant>,
}

/// What is to be done about a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Write it, and claim it then.
    Write,
    /// The plugin has it already.
    Claim,
}

impl Hand {
    /// The session has this now.
    pub(crate) fn delivered(&mut self, fence: &Fence, now: Instant) -> Order {
        if let Some(given) = self.find(&fence.event_id).filter(|it| it.parked) {
            given.parked = false;
            given.latest = fence.delivery;
            // An ack that was on its way to the delivery before does not count for this one: should the plugin
            // take it for done, it is reminded.
            given.told.get_or_insert(now);
            return Order::Claim;
        }
        self.given.retain(|it| it.event != fence.event_id);
        if self.given.len() >= GIVEN_MAX {
            self.given.pop_front();
        }
        self.given.push_back(Given {
            event: fence.event_id.clone(),
            written: fence.delivery,
            latest: fence.delivery,
            parked: false,
            told: Some(now),
        });
        Order::Write
    }

    /// What the plugin is to be told of again, under the id that it has: nothing was said of it for so long.
    pub(crate) fn due(&mut self, now: Instant, after: Duration) -> Option<Fence> {
        let is_due = |told: Instant| now.duration_since(told) >= after;
        let mut given = self.given.iter_mut();
        let given = given.find(|it| !it.parked && it.told.is_some_and(is_due))?;
        given.told = Some(now);
        Some(Fence {
            event_id: given.event.clone(),
            delivery: given.written,
        })
    }

    /// The event whose time has passed, asked once: the plugin's agent may be at it still.
    pub(crate) fn missed(&mut self) -> Option<String> {
        self.missed.take()
    }

    /// The plugin says that it is done with this delivery.
    pub(crate) fn acked(&mut self, fence: &Fence) {
        let given = self.find(&fence.event_id);
        if let Some(given) = given.filter(|it| it.latest == fence.delivery) {
            given.told = None;
        }
    }

    /// Whether the plugin is at work on nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// The session no longer has this.
    pub(crate) fn revoked(&mut self, fence: &Fence, cause: RevokeCause) {
        let Some(at) = self.given.iter().position(|it| it.event == fence.event_id) else {
            return;
        };
        if cause == RevokeCause::Preempted {
            self.given[at].parked = true;
            return;
        }
        let given = self.given.remove(at);
        if cause == RevokeCause::Expired && given.is_some_and(|it| it.told.is_some()) {
            self.missed = Some(fence.event_id.clone());
        }
    }

    /// The delivery was answered: whatever came of it, the plugin works on it no more.
    pub(crate) fn answered(&mut self, fence: &Fence) {
        let is_it = |it: &Given| it.event == fence.event_id && it.latest == fence.delivery;
        self.given.retain(|it| !is_it(it));
    }

    /// The delivery that an ack means; none: it names nothing that this plugin was given.
    pub(crate) fn meant(&self, id: &str) -> Option<Fence> {
        if id.len() > EVENT_ID_MAX {
            return None;
        }
        let (event, written) = match id.rsplit_once('.') {
            Some((event, number)) => (event, Some(number.parse::<u32>().ok()?)),
            None => (id, None),
        };
        let given = self.given.iter().find(|it| it.event == event);
        let delivery = match (written, given) {
            (Some(written), Some(given)) if given.written == written => given.latest,
            (Some(written), _) => written,
            (None, given) => given?.latest,
        };
        Some(Fence {
            event_id: event.to_owned(),
            delivery,
        })
    }

    fn find(&mut self, event: &str) -> Option<&mut Given> {
        self.given.iter_mut().find(|it| it.event == event)
    }
}

/// The id that a plugin is given.
pub(crate) fn id(fence: &Fence) -> String {
    format!("{}.{}", fence.event_id, fence.delivery)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(event: &str, delivery: u32) -> Fence {
        Fence {
            event_id: event.to_owned(),
            delivery,
        }
    }

    #[test]
    fn an_id_names_the_delivery_over_whichever_connection_it_comes() {
        let hand = Hand::default();
        let id = id(&fence("evt_1", 3));
        assert_eq!(hand.meant(&id), Some(fence("evt_1", 3)));
    }

    #[test]
    fn an_event_alone_is_the_delivery_that_this_connection_was_given() {
        let mut hand = Hand::default();
        assert_eq!(hand.meant("evt_1"), None);
        assert_eq!(
            hand.delivered(&fence("evt_1", 3), Instant::now()),
            Order::Write
        );
        assert_eq!(hand.meant("evt_1"), Some(fence("evt_1", 3)));
    }

    #[test]
    fn an_id_that_is_none_means_nothing() {
        let hand = Hand::default();
        let long = format!("evt_{}.1", "1".repeat(EVENT_ID_MAX));
        for id in [
            "",
            "evt_1.",
            "evt_1.x",
            "evt_1.-1",
            "evt_1.4294967296",
            &long,
        ] {
            assert_eq!(hand.meant(id), None, "{id}");
        }
    }

    #[test]
    fn what_an_interrupt_parked_is_not_written_again() {
        let mut hand = Hand::default();
        hand.delivered(&fence("evt_1", 1), Instant::now());
        hand.revoked(&fence("evt_1", 1), RevokeCause::Preempted);
        assert_eq!(
            hand.delivered(&fence("evt_2", 1), Instant::now()),
            Order::Write
        );
        let resumed = hand.delivered(&fence("evt_1", 2), Instant::now());
        assert_eq!(resumed, Order::Claim);
        assert_eq!(hand.meant("evt_1.1"), Some(fence("evt_1", 2)));
    }

    #[test]
    fn what_was_acked_while_it_was_parked_is_written_if_it_comes_again() {
        let mut hand = Hand::default();
        hand.delivered(&fence("evt_1", 1), Instant::now());
        hand.revoked(&fence("evt_1", 1), RevokeCause::Preempted);
        hand.answered(&fence("evt_1", 1));
        assert_eq!(
            hand.delivered(&fence("evt_1", 2), Instant::now()),
            Order::Write
        );
    }

    #[test]
    fn what_expired_is_written_again() {
        let mut hand = Hand::default();
        hand.delivered(&fence("evt_1", 1), Instant::now());
        hand.revoked(&fence("evt_1", 1), RevokeCause::Expired);
        assert_eq!(
            hand.delivered(&fence("evt_1", 2), Instant::now()),
            Order::Write
        );
        assert_eq!(hand.meant("evt_1.1"), Some(fence("evt_1", 1)));
        assert_eq!(hand.meant("evt_1.2"), Some(fence("evt_1", 2)));
    }

    #[test]
    fn what_is_acked_or_gone_is_in_no_hand() {
        let mut hand = Hand::default();
        hand.delivered(&fence("evt_1", 1), Instant::now());
        hand.delivered(&fence("evt_2", 1), Instant::now());
        hand.answered(&fence("evt_1", 1));
        assert!(!hand.is_empty());
        hand.revoked(&fence("evt_2", 1), RevokeCause::Cancelled);
        assert!(hand.is_empty());
    }

    #[test]
    fn an_ack_of_an_earlier_delivery_leaves_the_later_one_in_the_hand() {
        let mut hand = Hand::default();
        hand.delivered(&fence("evt_1", 2), Instant::now());
        hand.answered(&fence("evt_1", 1));
        assert!(!hand.is_empty());
        assert_eq!(hand.meant("evt_1"), Some(fence("evt_1", 2)));
    }

    const LONG: Duration = Duration::from_secs(301);

    #[test]
    fn what_is_not_acked_is_told_of_again_under_the_id_that_the_plugin_has() {
        let (mut hand, begun) = (Hand::default(), Instant::now());
        hand.delivered(&fence("evt_1", 1), begun);
        assert_eq!(hand.due(begun + LONG / 2, LONG), None);
        for round in 1..4 {
            let now = begun + LONG * round;
            assert_eq!(hand.due(now, LONG), Some(fence("evt_1", 1)));
            assert_eq!(hand.due(now, LONG), None);
        }
        hand.acked(&fence("evt_1", 1));
        assert_eq!(hand.due(begun + LONG * 4, LONG), None);
    }

    #[test]
    fn what_is_parked_is_told_of_once_it_goes_on() {
        let (mut hand, begun) = (Hand::default(), Instant::now());
        hand.delivered(&fence("evt_1", 1), begun);
        hand.revoked(&fence("evt_1", 1), RevokeCause::Preempted);
        assert_eq!(hand.due(begun + LONG, LONG), None);
        hand.delivered(&fence("evt_1", 2), begun + LONG);
        assert_eq!(hand.due(begun + LONG, LONG), Some(fence("evt_1", 1)));
    }

    #[test]
    fn an_event_whose_time_has_passed_is_missed_once_and_one_that_is_done_is_not() {
        let (mut hand, now) = (Hand::default(), Instant::now());
        hand.delivered(&fence("evt_1", 1), now);
        hand.revoked(&fence("evt_1", 1), RevokeCause::Expired);
        assert_eq!(hand.missed().as_deref(), Some("evt_1"));
        assert_eq!(hand.missed(), None);
        hand.delivered(&fence("evt_2", 1), now);
        hand.acked(&fence("evt_2", 1));
        hand.revoked(&fence("evt_2", 1), RevokeCause::Expired);
        hand.delivered(&fence("evt_3", 1), now);
        hand.revoked(&fence("evt_3", 1), RevokeCause::Finished);
        assert_eq!(hand.missed(), None);
    }
}
