use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::command::cron_rules::check_next;
use crate::id::{CronId, EventId, QueueId};
use crate::limits::TICK_LATE;
use crate::model::{CatchUp, Cron, CronCounts, Decided, Fate, Mode, Overlap, SkipCause};
use crate::planted::{Bug, is_planted};
use crate::rows::RowError;
use crate::text::Reason;
use crate::time::Timestamp;

/// Ticks that are decided with one that is skipped as missed: all between it and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// So many; at least one.
    pub ticks: u64,
    /// The nominal instant of the last of them.
    pub last: Timestamp,
}

/// Decides a tick: whoever leads computes what follows it, and apply decides.
///
/// Two nodes may have computed from other rules for a zone, or propose the same tick twice: only
/// the one that is stored as the next is decided, once, and its event's id is made of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecideTick {
    /// Of which cron.
    pub cron: CronId,
    /// The revision that this was computed from.
    pub revision: u64,
    /// The tick: when it was due.
    pub nominal: Timestamp,
    /// What else was missed, if the tick was.
    pub over: Option<Missed>,
    /// The tick after it, and after those that were missed with it; none: it was the last.
    pub next: Option<Timestamp>,
}

impl DecideTick {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        let cron = batch.state.crons.get(&self.cron).cloned();
        let cron = cron.ok_or(Rejection::NotFound)?;
        self.check(&cron, batch.now())?;
        let (fate, others) = match self.is_wanted(&cron, batch.now()) {
            false => (Fate::Skipped(SkipCause::Missed), None),
            true => batch.fire_tick(&cron, self.nominal)?,
        };
        let at = batch.now();
        batch.change_cron(cron.id, |it| {
            it.next = self.next;
            it.last = Some(Decided {
                nominal: self.over.map_or(self.nominal, |it| it.last),
                at,
                fate,
            });
            it.counts.count(fate, self.over.map_or(0, |it| it.ticks));
            if let (Fate::Fired(event) | Fate::Replaced { event, .. }, Some(others)) =
                (fate, others)
            {
                it.became(event, others.into_iter());
            }
        });
        Ok(Reply::Decided(fate))
    }

    /// The tick is the one to decide, it is due, and what is said to follow does.
    fn check(&self, cron: &Cron, now: Timestamp) -> Result<(), Rejection> {
        let known = cron.next == Some(self.nominal) || is_planted(Bug::TickDecidedTwice);
        let present = cron.revision == self.revision || is_planted(Bug::TickOfOldRevision);
        if !(known && present && self.nominal <= now) {
            return Err(Rejection::OtherTick);
        }
        let last = self.over.map_or(self.nominal, |it| it.last);
        if self.next.is_some_and(|it| it <= last) {
            return Err(Rejection::Invalid("next: after what it follows"));
        }
        check_next(&cron.terms, None, self.next)?;
        let Some(over) = self.over else {
            return Ok(());
        };
        if over.ticks == 0 || over.last <= self.nominal {
            return Err(Rejection::Invalid("over: ticks after this one"));
        }
        // What is older is wanted no more than the last of them.
        match self.wants(cron, over.last, now) {
            true => Err(Rejection::Invalid(
                "over: ticks that are not to be caught up on",
            )),
            false => Ok(()),
        }
    }

    fn is_wanted(&self, cron: &Cron, now: Timestamp) -> bool {
        let is_lost = cron.last.is_none() && is_planted(Bug::FirstTickLost);
        self.over.is_none() && self.wants(cron, self.nominal, now) && !is_lost
    }

    /// Whether a tick that `next` follows fires, as far as its age goes.
    fn wants(&self, cron: &Cron, tick: Timestamp, now: Timestamp) -> bool {
        let age = now.since(tick);
        if age <= TICK_LATE || is_planted(Bug::LateTickFires) {
            return true;
        }
        match cron.terms.catch_up {
            CatchUp::Skip => false,
            CatchUp::One => self.next.is_none_or(|it| it > now),
            CatchUp::All { max_age } => age <= max_age,
        }
    }
}

impl CronCounts {
    fn count(&mut self, fate: Fate, missed: u64) {
        let more = |count: &mut u64, by: u64| *count = count.saturating_add(by);
        more(&mut self.skipped, missed);
        match fate {
            Fate::Fired(_) => more(&mut self.fired, 1),
            Fate::Replaced { .. } => {
                more(&mut self.fired, 1);
                more(&mut self.replaced, 1);
            }
            Fate::Skipped(_) => more(&mut self.skipped, 1),
        }
    }
}

/// The events of a cron that go on beside a new one; none: there is no new one.
type Others = Option<Vec<EventId>>;

impl Batch<'_> {
    /// A tick that is not too late: fires, unless an event of the cron or its queue is in the way.
    fn fire_tick(&mut self, cron: &Cron, nominal: Timestamp) -> Result<(Fate, Others), RowError> {
        let id = event_of(cron.id, nominal, self.twist(cron, nominal));
        if self.event(cron.team, id)?.is_some() {
            return Ok((Fate::Fired(id), Some(cron.others.clone())));
        }
        let under_way = match is_planted(Bug::OverlapIgnored) {
            true => vec![],
            false => self.under_way(cron)?,
        };
        if cron.terms.overlap == Overlap::Skip && !under_way.is_empty() {
            return Ok((Fate::Skipped(SkipCause::Overlap), None));
        }
        let queue = match self.queue_of_tick(cron) {
            Ok(queue) => queue,
            Err(cause) => return Ok((Fate::Skipped(cause), None)),
        };
        let (mut replaced, going_on): (Vec<_>, Vec<_>) = under_way
            .into_iter()
            .partition(|it| it.delivery == 0 || is_planted(Bug::LeasedIsReplaced));
        if is_planted(Bug::ReplacesOneOnly) {
            replaced.truncate(1);
        }
        let fate = match replaced.first() {
            None => Fate::Fired(id),
            Some(latest) => Fate::Replaced {
                event: id,
                before: latest.id,
            },
        };
        let mut queues = BTreeSet::from([queue]);
        for it in replaced {
            // As it is by now: what goes before it in its line may be out.
            let event = self.event_of(cron.team, it.id)?;
            queues.insert(event.queue);
            let reason = Reason::new("the cron's next tick replaced it");
            self.take_out(event, Some(reason.expect("a valid text")))?;
        }
        self.queue_cron_event(cron, id, queue, Some(nominal))?;
        queues.into_iter().try_for_each(|it| self.dispatch(it))?;
        Ok((fate, Some(going_on.iter().map(|it| it.id).collect())))
    }

    /// For a planted bug: a tick that is decided again is another event.
    fn twist(&self, cron: &Cron, nominal: Timestamp) -> u16 {
        let again = cron.next != Some(nominal);
        match again && is_planted(Bug::TickDecidedTwice) {
            true => self.index_bits(),
            false => 0,
        }
    }

    fn queue_of_tick(&mut self, cron: &Cron) -> Result<QueueId, SkipCause> {
        let tag = cron.terms.tag.as_ref();
        let queue = self.queue_named(cron.team, tag);
        if queue.is_some_and(|it| it.mode == Mode::Draining) {
            return Err(SkipCause::Draining);
        }
        let queue = self.ensure_queue(cron.team, tag);
        queue.map_err(|_| SkipCause::NoQueue)
    }
}

/// The event of a tick: named by it, so that a tick cannot become two.
fn event_of(cron: CronId, nominal: Timestamp, twist: u16) -> EventId {
    /// Apart from what a draw gives, as far as 16 bits can be.
    const MARK: u16 = 0xc407;
    let mark = u128::from(MARK ^ twist);
    EventId::new(nominal.0, (mark << 64) | u128::from(cron.0))
}
