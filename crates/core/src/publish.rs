//! Events that a command publishes once all of it is known to be right: those of a submit, of a
//! message, and of what goes out with an ack.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::answer::{Rejection, Taken};
use crate::arrival::{Arrival, Door};
use crate::batch::{Batch, Outcome};
use crate::command::DedupClaim;
use crate::id::{EventId, QueueId, TeamId};
use crate::limits::{QUEUES_BY_SESSIONS, QUEUES_PER_TEAM};
use crate::model::{DedupKind, Mode};
use crate::planted::{Bug, is_planted};
use crate::rows::RowError;
use crate::text::Tag;

/// An event that was checked, and where it goes.
pub(crate) struct Outgoing {
    pub(crate) tag: Option<Tag>,
    pub(crate) dedup: Option<DedupClaim>,
    pub(crate) arrival: Arrival,
}

/// What becomes of an event that somebody brings.
pub(crate) enum Plan {
    /// It is in already.
    Known(EventId, Taken),
    /// It will be.
    New(Box<Outgoing>),
}

impl Plan {
    /// The event that it will be, if it is not in already.
    pub(crate) fn new_one(&self) -> Option<&Outgoing> {
        match self {
            Self::New(it) => Some(it),
            Self::Known(..) => None,
        }
    }
}

/// What was published: the event that stands for it, how it was taken, and its queue if it is new.
pub(crate) struct Published {
    pub(crate) event: EventId,
    pub(crate) taken: Taken,
    pub(crate) queue: Option<QueueId>,
}

impl Batch<'_> {
    /// The event that stands already for one with this id and this dedup key.
    pub(crate) fn standing(
        &self,
        team: TeamId,
        event: EventId,
        dedup: Option<DedupClaim>,
    ) -> Result<Option<(EventId, Taken)>, RowError> {
        if self.event(team, event)?.is_some() {
            return Ok(Some((event, Taken::Duplicate)));
        }
        let Some(claim) = dedup else {
            return Ok(None);
        };
        let Some(first) = self.dedup(team, claim.key)? else {
            return Ok(None);
        };
        let judged = claim.kind == DedupKind::Client && !is_planted(Bug::DedupWithoutContent);
        let other = judged && claim.content != first.content;
        let taken = if other {
            Taken::Conflict
        } else {
            Taken::Duplicate
        };
        Ok(Some((first.event, taken)))
    }

    /// Whether a queue takes new events.
    pub(crate) fn check_open(&self, team: TeamId, tag: Option<&Tag>) -> Result<(), Rejection> {
        let queue = self.queue_named(team, tag);
        let drains = queue.is_some_and(|it| it.mode == Mode::Draining);
        match drains && !is_planted(Bug::DrainingTakesMore) {
            true => Err(Rejection::Draining),
            false => Ok(()),
        }
    }

    /// Whether the team may have the queues among these that it has not used yet.
    pub(crate) fn check_new_queues<'t>(
        &mut self,
        team: TeamId,
        tags: impl Iterator<Item = Option<&'t Tag>>,
    ) -> Result<(), Rejection> {
        match self.queues_with(team, tags) {
            Some(queues) if queues > QUEUES_PER_TEAM => Err(Rejection::Limit("queues of a team")),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether sessions may use these queues, or make them.
    pub(crate) fn check_queues_of_sessions<'t>(
        &mut self,
        team: TeamId,
        tags: impl Iterator<Item = Option<&'t Tag>>,
    ) -> Result<(), Rejection> {
        match self.queues_with(team, tags) {
            Some(queues) if queues > QUEUES_BY_SESSIONS => Err(Rejection::Limit(
                "queues of a team that its sessions may make",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Queues of the team once it has all of these; none: it has them.
    fn queues_with<'t>(
        &mut self,
        team: TeamId,
        tags: impl Iterator<Item = Option<&'t Tag>>,
    ) -> Option<usize> {
        let tags: BTreeSet<_> = tags.collect();
        let unused = |tag: &&Option<&Tag>| self.queue_named(team, **tag).is_none();
        let new = tags.iter().filter(unused).count();
        (new > 0).then(|| self.state.usage(team).queues + new)
    }

    /// Whether the team may have the queues that these plans need.
    pub(crate) fn check_queues_of<'p>(
        &mut self,
        team: TeamId,
        plans: impl Iterator<Item = &'p Plan> + Clone,
    ) -> Result<(), Rejection> {
        let new = plans.filter_map(Plan::new_one);
        let said = new.clone();
        let said = said.filter(|it| it.arrival.origin.sender().is_some());
        self.check_queues_of_sessions(team, said.map(|it| it.tag.as_ref()))?;
        self.check_new_queues(team, new.map(|it| it.tag.as_ref()))
    }

    /// Queues what was planned. An earlier part of the same command may stand for a later one by now.
    /// Whoever asks dispatches the queues.
    pub(crate) fn publish(&mut self, team: TeamId, plans: Vec<Plan>) -> Outcome<Vec<Published>> {
        let mut published = Vec::with_capacity(plans.len());
        self.publish_after(&mut published, team, plans)?;
        Ok(published)
    }

    /// The same, behind what the command has published by now.
    pub(crate) fn publish_after(
        &mut self,
        published: &mut Vec<Published>,
        team: TeamId,
        plans: Vec<Plan>,
    ) -> Outcome<()> {
        for plan in plans {
            let it = match plan {
                Plan::Known(event, taken) => Published {
                    event,
                    taken,
                    queue: None,
                },
                Plan::New(it) => self.publish_one(team, *it, !published.is_empty())?,
            };
            published.push(it);
        }
        Ok(())
    }

    fn publish_one(&mut self, team: TeamId, it: Outgoing, later: bool) -> Outcome<Published> {
        let Outgoing {
            tag,
            dedup,
            mut arrival,
        } = it;
        let event = arrival.event;
        if later && let Some((event, taken)) = self.standing(team, event, dedup)? {
            return Ok(Published {
                event,
                taken,
                queue: None,
            });
        }
        let queue = self.ensure_queue(team, tag.as_ref())?;
        arrival.queue = queue;
        if let Some(claim) = dedup {
            self.remember(team, claim.key, event, claim.content, None);
        }
        self.admit(arrival, Door::Queue)?;
        Ok(Published {
            event,
            taken: Taken::Accepted,
            queue: Some(queue),
        })
    }

    /// Leases what can be leased of what was published.
    pub(crate) fn dispatch_published(&mut self, published: &[Published]) -> Result<(), RowError> {
        let queues: BTreeSet<QueueId> = published.iter().filter_map(|it| it.queue).collect();
        queues.into_iter().try_for_each(|it| self.dispatch(it))
    }
}
