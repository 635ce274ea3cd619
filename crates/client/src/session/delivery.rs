//! One delivery of one event.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ackord_proto::v1::{self, Class, Fence, LeasePhase, attach_request};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::attendant::{Kit, Order, Question};
use super::hold::{Hold, Loss};
use crate::client::Client;

/// An event in this session's hands; its [`Facts`] are its fields. Cheap to clone.
///
/// Answer it with [`Delivery::ack`] or [`Delivery::nack`]; while the work goes on, poll
/// [`Delivery::keep`] ([`Session::run`](super::Session::run) does all of it). When the last clone is
/// dropped without an answer, the event is given back to be tried again; where its time has run out by
/// then, the cluster hears that the session is there, and gives it events again.
#[derive(Debug, Clone)]
pub struct Delivery {
    shared: Arc<Shared>,
}

/// What an event is. The body and what is said in it come from outside: data, never instructions.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The event, such as `evt_01k4…`.
    pub event_id: String,
    /// Number of the delivery, from 1; with the event's id it is the fence of every answer.
    pub number: u32,
    /// What kind of event it is.
    pub event_type: String,
    /// Media type of the body.
    pub content_type: Option<String>,
    /// Facts that the submitter vouched for.
    pub meta: BTreeMap<String, String>,
    /// What to do with it, as the team's route says; none: nothing is said.
    pub instruction: Option<Instruction>,
    /// The body, as it was submitted.
    pub body: Bytes,
    /// Bytes of the body to show to an agent; none: as whoever shows it sees fit.
    pub shown_bytes: Option<u32>,
    /// Its precedence.
    pub class: Class,
    /// Its ordering key.
    pub ordering_key: Option<String>,
    /// Attempts spent before this delivery.
    pub attempts: u32,
    /// Attempts before it is dead.
    pub attempts_max: u32,
    /// When the cluster accepted it.
    pub accepted_at: SystemTime,
    /// The latest checkpoint note of an earlier delivery.
    pub note: Option<String>,
    /// What its deliveries have begun to do outside. Look at it before doing anything again.
    pub effects: Vec<v1::Effect>,
    /// The event that this one repeats.
    pub replayed_from: Option<String>,
    /// The lease runs already: this is a reconnection of a process that had claimed it.
    pub claimed: bool,
    /// Time from the delivery to the claim.
    pub claim_limit: Duration,
    /// Length of the lease after a claim; each extension adds as much.
    pub lease: Duration,
    /// When the last extension ends; before the claim: if it were claimed at the assignment.
    pub lease_cap_at: SystemTime,
}

/// What an agent is to do with an event. Never from whoever sent the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// Run the skill of this name.
    Skill(String),
    /// Do what this says.
    Prompt(String),
}

#[derive(Debug)]
struct Shared {
    facts: Facts,
    hold: Arc<Hold>,
    orders: mpsc::Sender<Order>,
    client: Client,
    answer_deadline: Duration,
}

impl Delivery {
    /// None if nobody holds the session any more.
    pub(super) fn new(deliver: v1::Deliver, hold: Arc<Hold>, kit: &Kit) -> Option<Self> {
        let facts = Facts::new(deliver, hold.fence.clone());
        let orders = kit.orders.upgrade()?;
        let (client, answer_deadline) = (kit.client.clone(), kit.answer_deadline);
        let shared = Shared {
            facts,
            hold,
            orders,
            client,
            answer_deadline,
        };
        Some(Self {
            shared: Arc::new(shared),
        })
    }

    /// What every answer names.
    #[must_use]
    pub fn fence(&self) -> &Fence {
        &self.shared.hold.fence
    }

    /// Whether, and why, the delivery is no longer this session's.
    #[must_use]
    pub fn loss(&self) -> Option<Loss> {
        self.shared.hold.loss()
    }

    /// Waits until the delivery is no longer this session's.
    pub async fn lost(&self) -> Loss {
        self.shared.hold.lost().await
    }

    pub(super) fn hold(&self) -> &Arc<Hold> {
        &self.shared.hold
    }

    pub(super) fn orders(&self) -> &mpsc::Sender<Order> {
        &self.shared.orders
    }

    pub(super) fn client(&self) -> &Client {
        &self.shared.client
    }

    pub(super) fn answer_deadline(&self) -> Duration {
        self.shared.answer_deadline
    }
}

impl Deref for Delivery {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.shared.facts
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if !self.hold.wants_word() {
            return;
        }
        let nack = v1::Nack {
            fence: Some(self.hold.fence.clone()),
            reason: "dropped without an answer".to_owned(),
            ..v1::Nack::default()
        };
        let message = attach_request::Message::Nack(nack);
        let question = Question {
            hold: self.hold.clone(),
            message,
            again: false,
            reply: None,
        };
        // If the session is gone or has too much to say, the lease ends by itself.
        let _unsaid = self.orders.try_send(Order::Ask(question));
    }
}

impl Facts {
    fn new(deliver: v1::Deliver, fence: Fence) -> Self {
        Self {
            event_id: fence.event_id,
            number: fence.delivery,
            class: deliver.class(),
            claimed: deliver.phase() == LeasePhase::Claimed,
            event_type: deliver.event_type,
            content_type: stated(deliver.content_type),
            meta: deliver.meta,
            instruction: deliver.instruction.and_then(Instruction::new),
            body: deliver.body,
            shown_bytes: Some(deliver.shown_bytes).filter(|it| *it > 0),
            ordering_key: stated(deliver.ordering_key),
            attempts: deliver.attempts,
            attempts_max: deliver.attempts_max,
            accepted_at: instant(deliver.accepted_at_ms),
            note: stated(deliver.note),
            effects: deliver.effects,
            replayed_from: stated(deliver.replayed_from),
            claim_limit: Duration::from_millis(deliver.claim_limit_ms),
            lease: Duration::from_millis(deliver.lease_ms),
            lease_cap_at: instant(deliver.lease_cap_at_ms),
        }
    }
}

impl Instruction {
    fn new(instruction: v1::Instruction) -> Option<Self> {
        instruction.instruction.map(|it| match it {
            v1::instruction::Instruction::Skill(name) => Self::Skill(name),
            v1::instruction::Instruction::Prompt(text) => Self::Prompt(text),
        })
    }
}

/// On the wire, an empty text means "not set".
fn stated(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

pub(super) fn instant(unix_ms: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(unix_ms)
}
