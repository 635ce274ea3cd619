//! The event on the desk.

use std::time::Duration;

use ackord_client::v1::{Class, Fence};

use super::{At, Offer, Order, Push, Rules};

/// So many extensions fit into one lease, so that one or two may be late.
const EXTENSIONS_PER_LEASE: u32 = 3;
/// However short the lease, not more often than this.
const EXTEND_EVERY_MIN: Duration = Duration::from_millis(250);

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    /// Its notification is on its way, or written.
    Announced,
    /// The model has named it.
    Claimed,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) fence: Fence,
    pub(super) class: Class,
    phase: Phase,
    announced: bool,
    /// The model may have read its notification.
    pub(super) is_shown: bool,
    /// The model's last word on it is on its way.
    pub(super) is_answered: bool,
    lease: Duration,
    again_after: Duration,
    again_at: Option<At>,
    pub(super) remind_at: Option<At>,
    pub(super) extend_at: Option<At>,
}

impl Held {
    pub(super) fn new(at: At, offer: &Offer, rules: &Rules) -> Self {
        let mut held = Self {
            fence: offer.fence.clone(),
            class: offer.class,
            phase: Phase::New,
            announced: false,
            is_shown: false,
            is_answered: false,
            lease: offer.lease,
            again_after: rules.again_after,
            again_at: None,
            remind_at: None,
            extend_at: None,
        };
        if offer.claimed {
            held.claim(at, rules.remind_after);
        }
        held
    }

    pub(super) fn is_claimed(&self) -> bool {
        self.phase == Phase::Claimed
    }

    /// The model may know of it.
    pub(super) fn was_told(&self) -> bool {
        self.announced || self.is_claimed()
    }

    /// Whether it is to be announced now: it was not before.
    pub(super) fn announce(&mut self, at: At) -> bool {
        if self.announced {
            return false;
        }
        self.announced = true;
        if self.phase == Phase::New {
            self.phase = Phase::Announced;
            self.again_at = Some(at + self.again_after);
        }
        true
    }

    /// It is on its way to whoever asked for it. Should nobody hear of that, it is announced all the same.
    pub(super) fn handing(&mut self, at: At) {
        if !self.is_claimed() {
            self.again_at.get_or_insert(at + self.again_after);
        }
    }

    /// A notification of it is written: from here on, the host has had its chance.
    pub(super) fn pushed(&mut self, at: At) {
        if self.phase == Phase::Announced {
            self.again_at = Some(at + self.again_after);
        }
    }

    /// The model has seen it. Whether that is news.
    pub(super) fn claim(&mut self, at: At, remind_after: Option<Duration>) -> bool {
        if self.is_claimed() {
            return false;
        }
        self.phase = Phase::Claimed;
        self.again_at = None;
        self.remind_at = remind_after.map(|it| at + it);
        self.extend_at = Some(at + self.pause());
        true
    }

    /// What is due.
    pub(super) fn tick(&mut self, at: At, is_listening: bool) -> Vec<Order> {
        let mut orders = Vec::new();
        let is_due = |when: Option<At>| when.is_some_and(|it| it <= at);
        if is_due(self.extend_at) {
            self.extend_at = Some(at + self.pause());
            orders.push(Order::Extend(self.fence.clone()));
        }
        if is_due(self.again_at) {
            // Each time it is less likely that it helps.
            self.again_after *= 2;
            self.again_at = Some(at + self.again_after);
            if is_listening {
                orders.push(Order::Push(self.fence.clone(), Push::Again));
            }
        }
        if is_due(self.remind_at) {
            self.remind_at = None;
            orders.push(Order::Count(self.fence.clone()));
        }
        orders
    }

    pub(super) fn wakes_at(&self) -> Option<At> {
        let times = [self.extend_at, self.again_at, self.remind_at];
        times.into_iter().flatten().min()
    }

    fn pause(&self) -> Duration {
        (self.lease / EXTENSIONS_PER_LEASE).max(EXTEND_EVERY_MIN)
    }
}
