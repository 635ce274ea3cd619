//! An event of a cron, by hand or by a tick.

use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::answer::{Reply, Taken};
use crate::arrival::{Arrival, Door, Times};
use crate::batch::{Batch, Outcome, broken};
use crate::command::{Command, DedupClaim};
use crate::id::{CronId, EventId, QueueId};
use crate::limits::EVENTS_PER_CRON;
use crate::model::{Content, Cron, Event, EventState, Instruction, Origin, Overlap};
use crate::publish::Published;
use crate::rows::{Key, Row, RowError, Rows};
use crate::text::{EventType, MetaKey, MetaValue};
use crate::time::Timestamp;

/// What kind of event it is, whichever cron it comes from.
const EVENT_TYPE: &str = "ackord.cron";

/// Fires a cron now, whatever is under way. It is no tick, and moves none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FireCron {
    /// Which.
    pub cron: CronId,
    /// The event's id, drawn by the node that proposes. The same one again is the same event.
    pub event: EventId,
    /// The name that whoever asks has given this: under it, it fires once.
    pub dedup: Option<DedupClaim>,
}

impl FireCron {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let cron = self.judge(batch, command)?;
        let published = self.carry_out(batch, &cron)?;
        let Published { event, taken, .. } = published;
        batch.dispatch_published(&[published])?;
        Ok(Reply::Submitted(event, taken))
    }

    /// The cron as it is, or why it does not fire: but for how many queues its team has. What is in
    /// already is in, whatever its queue has become since.
    pub(crate) fn judge(&self, batch: &Batch<'_>, command: &Command) -> Outcome<Arc<Cron>> {
        let cron = batch.cron_to_manage(command, self.cron)?;
        let standing = batch.standing(cron.team, self.event, self.dedup)?;
        if standing.is_none() {
            batch.check_open(cron.team, cron.terms.tag.as_ref())?;
        }
        Ok(cron)
    }

    /// Whoever asks dispatches its queue.
    pub(crate) fn carry_out(&self, batch: &mut Batch<'_>, cron: &Cron) -> Outcome<Published> {
        if let Some((event, taken)) = batch.standing(cron.team, self.event, self.dedup)? {
            return Ok(Published {
                event,
                taken,
                queue: None,
            });
        }
        let under_way = batch.under_way(cron)?;
        let queue = batch.ensure_queue(cron.team, cron.terms.tag.as_ref())?;
        if let Some(claim) = self.dedup {
            batch.remember(cron.team, claim.key, self.event, claim.content, None);
        }
        batch.change_cron(cron.id, |it| {
            it.became(self.event, under_way.iter().map(|it| it.id));
            it.counts.by_hand = it.counts.by_hand.saturating_add(1);
        });
        batch.queue_cron_event(cron, self.event, queue, None)?;
        Ok(Published {
            event: self.event,
            taken: Taken::Accepted,
            queue: Some(queue),
        })
    }
}

impl Cron {
    /// This event is its latest; the others are those before that are not done.
    pub(super) fn became(&mut self, event: EventId, others: impl Iterator<Item = EventId>) {
        self.live = Some(event);
        self.others = others.take(EVENTS_PER_CRON - 1).collect();
    }
}

fn is_over(event: &Event) -> bool {
    match event.state {
        EventState::Dead { .. } | EventState::Ended { .. } => true,
        EventState::Delayed { .. }
        | EventState::Held { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Backoff { .. } => false,
    }
}

impl Batch<'_> {
    /// The cron's events that are not done, the latest one first. Where overlap is allowed nobody
    /// looks: none.
    pub(super) fn under_way(&self, cron: &Cron) -> Result<Vec<Event>, RowError> {
        let mut found = vec![];
        if cron.terms.overlap == Overlap::Allow {
            return Ok(found);
        }
        for id in cron.live.iter().chain(&cron.others) {
            let event = self.event(cron.team, *id)?.filter(|it| !is_over(it));
            found.extend(event.map(|it| *it));
        }
        Ok(found)
    }

    /// Queues an event of a cron; of a tick, with its nominal instant. Whoever asks dispatches the
    /// queue.
    pub(super) fn queue_cron_event(
        &mut self,
        cron: &Cron,
        event: EventId,
        queue: QueueId,
        nominal: Option<Timestamp>,
    ) -> Result<(), RowError> {
        let terms = &cron.terms;
        let content = Content {
            content_type: None,
            meta: facts(cron, nominal),
            instruction: Some(self.cron_instruction(cron)?),
            shown_bytes: None,
            body: Bytes::new(),
        };
        let arrival = Arrival {
            event,
            team: cron.team,
            queue,
            origin: Origin::Cron(cron.id),
            class: terms.class,
            ordering_key: terms.ordering_key.clone(),
            event_type: EventType::new(EVENT_TYPE).expect("a valid type"),
            times: Times {
                not_before: None,
                expires: terms.ttl.map(|it| self.now().after(it)),
            },
            attempts: terms.attempts,
            lease: terms.lease,
            replayed_from: None,
            content,
        };
        self.admit(arrival, Door::Queue)
    }

    fn cron_instruction(&self, cron: &Cron) -> Result<Instruction, RowError> {
        let key = Key::CronInstruction(cron.team, cron.id);
        match self.overlay.get(&key)? {
            Some(Row::Instruction(it)) => Ok(it),
            Some(_) | None => Err(broken(&key)),
        }
    }
}

/// Verified facts, sorted by name.
fn facts(cron: &Cron, nominal: Option<Timestamp>) -> Vec<(MetaKey, MetaValue)> {
    let fact = |name: &str, value: &str| {
        let key = MetaKey::new(name).expect("a valid name");
        let value = MetaValue::new(value).expect("a label is a valid value, and shorter");
        (key, value)
    };
    let mut facts = vec![
        fact("ackord.cron", &cron.id.to_string()),
        fact("ackord.cron_label", cron.terms.label.as_str()),
    ];
    if let Some(nominal) = nominal {
        facts.push(fact("ackord.scheduled_at_ms", &format!("{}", nominal.0)));
    }
    facts
}
