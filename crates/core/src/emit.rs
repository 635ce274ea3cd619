//! What goes out with an ack: submits, messages and changes of crons, all of them with it, or none.
//!
//! Each part is judged by what was before the ack. What one part makes, a later one does not find; but
//! together they are within the bounds that each of them would be in by itself.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::answer::{Part, Rejection, Taken};
use crate::batch::{Batch, Outcome, Stop};
use crate::command::{Actor, Command, DedupClaim, Submit};
use crate::emit_cron::{CronChange, CronPlan, CronsOfAck};
use crate::fence;
use crate::history::StepKind;
use crate::id::{EventId, TeamId};
use crate::limits::EVENTS_PER_ACK;
use crate::message::Message;
use crate::model::{ContentHash, DedupKey, DedupKind, Emitted, Event, Origin};
use crate::planted::{Bug, is_planted};
use crate::publish::{Plan, Published};

/// One thing that goes out with an ack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Emit {
    /// An event, which the token might have submitted.
    Submit(Box<Submit>),
    /// A message of the session that had the delivery.
    Message(Box<Message>),
    /// A change of a cron, which the token might have made.
    Cron(CronChange),
}

/// One part of an ack, once it is known to be right.
pub(crate) enum Planned<'e> {
    /// It becomes these events.
    Events(Vec<Plan>),
    /// It changes a cron.
    Cron(CronPlan<'e>),
}

impl Emit {
    /// Events that it becomes.
    fn events(&self) -> usize {
        match self {
            Self::Submit(_) | Self::Cron(CronChange::Fire(_)) => 1,
            Self::Message(it) => it.to.len(),
            Self::Cron(_) => 0,
        }
    }

    fn plan(&self, batch: &Batch<'_>, command: &Command, event: &Event) -> Outcome<Planned<'_>> {
        match self {
            Self::Submit(it) => {
                let (_, plan) = it.plan(batch, command)?;
                Ok(Planned::Events(alloc::vec![plan]))
            }
            Self::Message(it) => {
                let origin = batch.origin_of_emits(command, event)?;
                let plans = it.plan(batch, command, event.team, &origin)?;
                Ok(Planned::Events(plans))
            }
            Self::Cron(it) => it.plan(batch, command).map(Planned::Cron),
        }
    }
}

impl Planned<'_> {
    fn events(&self) -> &[Plan] {
        match self {
            Self::Events(it) => it,
            Self::Cron(_) => &[],
        }
    }
}

/// The parts of an ack that were judged so far.
#[derive(Default)]
struct Parts<'e> {
    plans: Vec<Planned<'e>>,
    events: usize,
    /// The dedup keys of what is new, for a later part may have one of an earlier part.
    keys: BTreeMap<DedupKey, (EventId, ContentHash)>,
    crons: CronsOfAck,
}

impl<'e> Parts<'e> {
    fn add(
        &mut self,
        batch: &mut Batch<'_>,
        command: &Command,
        event: &Event,
        emit: &'e Emit,
    ) -> Outcome<()> {
        self.events += emit.events();
        if self.events > EVENTS_PER_ACK {
            return Err(Rejection::Invalid("at most 16 events go out with one ack").into());
        }
        let planned = emit.plan(batch, command, event)?;
        planned
            .events()
            .iter()
            .try_for_each(|it| self.check_key(it))?;
        if let Planned::Cron(it) = &planned {
            self.crons.add(batch, event.team, it)?;
        }
        self.plans.push(planned);
        self.check_queues(batch, event.team)?;
        Ok(())
    }

    /// Nothing goes out in place of something else: nobody would be told.
    fn check_key(&mut self, plan: &Plan) -> Result<(), Rejection> {
        match plan {
            Plan::Known(event, Taken::Conflict) => Err(Rejection::Conflict(*event)),
            Plan::Known(_, Taken::Accepted | Taken::Duplicate) => Ok(()),
            Plan::New(new) => match new.dedup {
                None => Ok(()),
                Some(DedupClaim { key, kind, content }) => {
                    let first = (new.arrival.event, content);
                    let (event, first) = *self.keys.entry(key).or_insert(first);
                    if kind == DedupKind::Client && first != content {
                        return Err(Rejection::Conflict(event));
                    }
                    Ok(())
                }
            },
        }
    }

    /// Whether the team may have all the queues that the parts need together.
    fn check_queues(&self, batch: &mut Batch<'_>, team: TeamId) -> Result<(), Rejection> {
        let plans = self.plans.iter().flat_map(Planned::events);
        batch.check_queues_of(team, plans.clone())?;
        let tags = plans.filter_map(|it| Some(it.new_one()?.tag.as_ref()));
        batch.check_new_queues(team, tags.chain(self.crons.tags()))
    }
}

impl Batch<'_> {
    /// What an ack publishes, part by part, or the first part that is refused.
    pub(crate) fn plan_emits<'e>(
        &mut self,
        command: &Command,
        event: &Event,
        emits: &'e [Emit],
    ) -> Outcome<Vec<Planned<'e>>> {
        let mut parts = Parts::default();
        for (index, emit) in emits.iter().enumerate() {
            match parts.add(self, command, event, emit) {
                Ok(()) => {}
                Err(Stop::No(why)) => {
                    if is_planted(Bug::EmitSurvives) {
                        parts.plans.truncate(index);
                        self.emit(event.team, parts.plans)?;
                    }
                    let why = Box::new(why);
                    let part = Part::Emit;
                    return Err(Rejection::Part { part, index, why }.into());
                }
                Err(broken) => return Err(broken),
            }
        }
        Ok(parts.plans)
    }

    /// Who speaks: the session that was given the delivery, if it is still on record.
    fn origin_of_emits(&self, command: &Command, event: &Event) -> Result<Origin, Rejection> {
        let steps = event.history.steps.iter().rev();
        let mut given = steps.filter_map(|it| {
            if let StepKind::Leased { session, .. } = it.kind {
                Some(session)
            } else {
                None
            }
        });
        let id = fence::holder(event).or_else(|| given.next());
        let session = id.and_then(|it| self.state.sessions.get(&it));
        match (session.filter(|it| it.team == event.team), command.by) {
            (Some(session), _) => self.sender(command, session),
            (None, Actor::Token(token)) => Ok(Origin::Token(token)),
            (None, Actor::Cluster | Actor::Source(_)) => Err(Rejection::NotAllowed),
        }
    }

    /// Publishes the parts in their order. Answers them one by one, and all together.
    pub(crate) fn emit(
        &mut self,
        team: TeamId,
        plans: Vec<Planned<'_>>,
    ) -> Outcome<(Vec<Emitted>, Vec<Published>)> {
        let mut published = Vec::with_capacity(plans.len());
        let mut emitted = Vec::with_capacity(plans.len());
        for plan in plans {
            let first = published.len();
            let cron = match plan {
                Planned::Events(plans) => {
                    self.publish_after(&mut published, team, plans)?;
                    None
                }
                Planned::Cron(plan) => {
                    let (cron, fired) = plan.carry_out(self)?;
                    published.extend(fired);
                    Some(cron)
                }
            };
            let events = published[first..].iter().map(|it| it.event).collect();
            emitted.push(Emitted { events, cron });
        }
        Ok((emitted, published))
    }
}
