//! What the adapter knows, and what it does about what happens: deliveries, losses, calls of tools, time.
//!
//! Pure: no IO and no clock. Whatever happens is told by a method with its instant, and comes back as
//! [`Order`]s for whoever has the wires. Picture a desk with one event on it. The event is *new* until its
//! notification is written, then *shown*, and *claimed* from the first call of a tool that names it, for
//! nothing else proves that the model has seen it. A notification may be dropped by the host without a
//! word, so what is not claimed is announced again, and whoever asks for it ([`Desk::ask_next`]) gets it in
//! any case.

mod held;
mod order;
#[cfg(test)]
mod stories;

use std::collections::VecDeque;
use std::time::Duration;

use ackord_client::Loss;
use ackord_client::v1::{Class, Fence};

use held::Held;
pub use order::{Lost, NoneMeant, Offer, Order, Push, Said, Ticket};

/// Time since the adapter began.
pub type At = Duration;

/// Losses that are remembered, to say what became of an event.
const LOST_MAX: usize = 64;

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A claimed event is asked about after so long, once, if others wait. None: never.
    pub remind_after: Option<Duration>,
    /// What was shown and not claimed is announced again after so long, then after twice that, and so on.
    pub again_after: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            remind_after: Some(Duration::from_secs(120)),
            again_after: Duration::from_secs(60),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Desk {
    rules: Rules,
    is_listening: bool,
    is_deaf: bool,
    held: Option<Held>,
    /// What the model may still be at work on, though it was taken away: until it names another event, or asks
    /// for one, nobody knows what it means by a call without a name.
    untold: Option<Lost>,
    /// The last answer that counted, or that is on its way.
    answered: Option<(Fence, Said)>,
    lost: VecDeque<Lost>,
    calls: VecDeque<(Ticket, At)>,
}

impl Desk {
    /// An empty desk, of an adapter whose host does not listen yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            is_listening: false,
            is_deaf: false,
            held: None,
            untold: None,
            answered: None,
            lost: VecDeque::new(),
            calls: VecDeque::new(),
        }
    }

    /// The host takes notifications from here on.
    pub fn host_listens(&mut self, at: At) -> Vec<Order> {
        self.is_listening = true;
        self.show(at)
    }

    /// The cluster has given an event. One that is on the desk already is the same delivery, told again.
    pub fn delivered(&mut self, at: At, offer: Offer) -> Vec<Order> {
        if self.held.as_ref().is_some_and(|it| it.fence == offer.fence) {
            return Vec::new();
        }
        let mut orders = Vec::new();
        if let Some(before) = self.held.take() {
            orders.extend(self.leave(before, Loss::Superseded));
        }
        self.is_deaf = false;
        self.held = Some(Held::new(at, &offer, &self.rules));
        orders.extend(self.offer(at));
        orders
    }

    /// A delivery is no longer the session's.
    pub fn lost(&mut self, fence: &Fence, loss: Loss) -> Vec<Order> {
        match self.held.take_if(|it| it.fence == *fence) {
            Some(held) => self.leave(held, loss),
            None => Vec::new(),
        }
    }

    /// The notification of an event is about to be written: from here on, the model may have read it.
    pub fn showing(&mut self, fence: &Fence) {
        if let Some(held) = self.held_as(fence) {
            held.is_shown = true;
        }
    }

    /// A notification is written.
    pub fn pushed(&mut self, at: At, fence: &Fence) {
        if let Some(held) = self.held_as(fence) {
            held.pushed(at);
        }
    }

    /// The model has named the event that is on the desk: it has seen it.
    pub fn seen(&mut self, at: At, fence: &Fence) -> Vec<Order> {
        match self.claim(at, fence) {
            true => vec![Order::Claim(fence.clone())],
            false => Vec::new(),
        }
    }

    /// Whoever asked for an event was handed this one, which the cluster was told.
    pub fn heard(&mut self, at: At, fence: &Fence) {
        self.claim(at, fence);
        if let Some(held) = self.held_as(fence) {
            held.announce(at);
        }
    }

    /// Whoever asked for an event had gone before he could be handed this one.
    pub fn unheard(&mut self, at: At, fence: &Fence) -> Vec<Order> {
        match self.held_as(fence) {
            Some(held) if !held.was_told() => self.offer(at),
            _ => Vec::new(),
        }
    }

    /// The model gives its last word on the event. The next one may come before the cluster's answer to that.
    pub fn answers(&mut self, fence: &Fence, said: Said) {
        self.answered = Some((fence.clone(), said));
        if let Some(held) = self.held_as(fence) {
            held.is_answered = true;
        }
    }

    /// The model's last word on an event does not count, or nobody knows.
    pub fn not_answered(&mut self, fence: &Fence) {
        self.answered.take_if(|(it, _)| it == fence);
        if let Some(held) = self.held_as(fence) {
            held.is_answered = false;
            return;
        }
        let loss = Loss::Superseded;
        for lost in self.lost.iter_mut().filter(|it| it.fence == *fence) {
            lost.loss = loss;
        }
        // What came in its place is nothing that the model knows of, unless it has named it.
        if !self.held.as_ref().is_some_and(Held::is_claimed) {
            let fence = fence.clone();
            self.untold = Some(Lost { fence, loss });
        }
    }

    /// The model has called something. A session that let an event lie takes events again.
    pub fn called(&mut self) -> Vec<Order> {
        match std::mem::take(&mut self.is_deaf) {
            true => vec![Order::Revive],
            false => Vec::new(),
        }
    }

    /// The model wants an event: the one on the desk, or the next one that comes until then.
    pub fn ask_next(&mut self, at: At, ticket: Ticket, until: At) -> Vec<Order> {
        if self.held.is_some() {
            return self.hand(at, ticket);
        }
        self.calls.push_back((ticket, until));
        Vec::new()
    }

    /// Nobody waits for this call any more.
    pub fn forget(&mut self, ticket: Ticket) {
        self.calls.retain(|(it, _)| *it != ticket);
    }

    /// The lease of a delivery can go no further.
    pub fn at_cap(&mut self, fence: &Fence) {
        if let Some(held) = self.held_as(fence) {
            held.extend_at = None;
        }
    }

    /// So many events wait behind the one on the desk. None: nobody knows.
    pub fn counted(&mut self, at: At, fence: &Fence, waiting: Option<u64>) -> Vec<Order> {
        let (remind_after, is_listening) = (self.rules.remind_after, self.is_listening);
        let Some(held) = self.held_as(fence) else {
            return Vec::new();
        };
        match waiting {
            // Others may come yet.
            Some(0) => {
                held.remind_at = remind_after.map(|it| at + it);
                Vec::new()
            }
            _ if is_listening => vec![Order::Push(fence.clone(), Push::Reminder(waiting))],
            _ => Vec::new(),
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, at: At) -> Vec<Order> {
        let mut orders = Vec::new();
        let is_late = |(_, until): &&(Ticket, At)| *until <= at;
        orders.extend(
            self.calls
                .iter()
                .filter(is_late)
                .map(|(ticket, _)| Order::Nothing(*ticket)),
        );
        self.calls.retain(|(_, until)| *until > at);
        let is_listening = self.is_listening;
        if let Some(held) = &mut self.held {
            orders.extend(held.tick(at, is_listening));
        }
        orders
    }

    /// When [`Desk::tick`] is due.
    #[must_use]
    pub fn wakes_at(&self) -> Option<At> {
        let calls = self.calls.iter().map(|(_, until)| *until);
        calls
            .chain(self.held.iter().filter_map(Held::wakes_at))
            .min()
    }

    /// The event that a call means which names none: the one on the desk, if the model has named it or asked for
    /// it; or if it was shown, and nothing that it may mean as well was. `said` is what the call says, if it is
    /// the last word on an event.
    ///
    /// # Errors
    /// There is none, or the model may mean another one.
    pub fn meant(&self, said: Option<Said>) -> Result<Fence, NoneMeant> {
        let held = self.held.as_ref();
        if let Some(claimed) = held.filter(|it| it.is_claimed()) {
            return Ok(claimed.fence.clone());
        }
        if let Some(doubt) = self.untold().or_else(|| self.repeated(said)) {
            return Err(doubt);
        }
        match held {
            Some(held) if held.is_shown => Ok(held.fence.clone()),
            Some(held) => Err(NoneMeant::Unseen(held.fence.clone())),
            None => Err(NoneMeant::Nothing(self.lost.back().cloned())),
        }
    }

    /// What is on the desk.
    #[must_use]
    pub fn holds(&self) -> Option<&Fence> {
        self.held.as_ref().map(|it| &it.fence)
    }

    /// Whether what is on the desk was claimed, and its class.
    #[must_use]
    pub fn standing(&self) -> Option<(bool, Class)> {
        self.held.as_ref().map(|it| (it.is_claimed(), it.class))
    }

    /// What became of this event, if this session had it.
    #[must_use]
    pub fn fate(&self, event_id: &str) -> Option<&Lost> {
        let mut lost = self.lost.iter().rev();
        lost.find(|it| it.fence.event_id == event_id)
    }

    /// What left the desk last.
    #[must_use]
    pub fn last_lost(&self) -> Option<&Lost> {
        self.lost.back()
    }

    /// The cluster gives nothing until the model calls something.
    #[must_use]
    pub fn is_deaf(&self) -> bool {
        self.is_deaf
    }

    fn held_as(&mut self, fence: &Fence) -> Option<&mut Held> {
        self.held.as_mut().filter(|it| it.fence == *fence)
    }

    /// What the model may mean that is not on the desk any more.
    fn untold(&self) -> Option<NoneMeant> {
        let lost = self.untold.clone()?;
        let now = self.holds().cloned();
        Some(NoneMeant::Changed { lost, now })
    }

    /// What was answered with the same words before.
    fn repeated(&self, said: Option<Said>) -> Option<NoneMeant> {
        let (answered, before) = self.answered.clone()?;
        let now = self.holds().cloned();
        let is_repeated = said == Some(before) && now.as_ref() != Some(&answered);
        is_repeated.then_some(NoneMeant::Repeated { answered, now })
    }

    /// The model has seen what is on the desk, if it is this one. Whether that is news.
    fn claim(&mut self, at: At, fence: &Fence) -> bool {
        let remind_after = self.rules.remind_after;
        let Some(held) = self.held_as(fence) else {
            return false;
        };
        let is_news = held.claim(at, remind_after);
        self.untold = None;
        is_news
    }

    /// Brings what is on the desk to whoever waits for it, or to the host.
    fn offer(&mut self, at: At) -> Vec<Order> {
        match self.calls.pop_front() {
            Some((ticket, _)) => self.hand(at, ticket),
            None => self.show(at),
        }
    }

    /// Announces what is on the desk, unless it was, or nobody would hear it.
    fn show(&mut self, at: At) -> Vec<Order> {
        let is_listening = self.is_listening;
        match &mut self.held {
            Some(held) if is_listening => {
                let news = held.announce(at);
                let push = || Order::Push(held.fence.clone(), Push::Whole);
                news.then(push).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn hand(&mut self, at: At, ticket: Ticket) -> Vec<Order> {
        match &mut self.held {
            Some(held) => {
                held.handing(at);
                vec![Order::Hand(ticket, held.fence.clone())]
            }
            None => vec![Order::Nothing(ticket)],
        }
    }

    /// Takes what was on the desk away.
    fn leave(&mut self, held: Held, loss: Loss) -> Vec<Order> {
        let is_answered = held.is_answered && matches!(loss, Loss::Superseded | Loss::Finished);
        let lost = Lost {
            fence: held.fence.clone(),
            loss: if is_answered { Loss::Finished } else { loss },
        };
        if self.lost.len() == LOST_MAX {
            self.lost.pop_front();
        }
        self.lost.push_back(lost.clone());
        // What came of the answer is told to whoever gave it.
        if is_answered {
            return Vec::new();
        }
        // Nobody claimed it in time: the cluster takes this session for deaf.
        self.is_deaf = loss == Loss::Expired && !held.is_claimed();
        if !held.was_told() {
            return Vec::new();
        }
        self.untold = Some(lost);
        match self.is_listening {
            true if self.is_deaf => vec![Order::Push(held.fence, Push::Missed)],
            true => vec![Order::Push(held.fence, Push::Gone(loss))],
            false => Vec::new(),
        }
    }
}
