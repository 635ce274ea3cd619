use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::id::{QueueId, TeamId};
use crate::limits::{ATTEMPTS_MAX, LEASE_MAX, LEASE_MIN, QUEUES_PER_TEAM};
use crate::model::{Mode, Queue, QueueSettings, Role, Runs};
use crate::text::Tag;
use crate::time::Timestamp;

/// Replaces a queue's settings; makes the queue if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetQueue {
    /// The queue; none: the untagged one.
    pub tag: Option<Tag>,
    /// All of them.
    pub settings: QueueSettings,
    /// The revision that the change was made from; none: whatever it is.
    pub revision: Option<u64>,
}

/// Activates, pauses or drains a queue; makes the queue if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMode {
    /// The queue; none: the untagged one.
    pub tag: Option<Tag>,
    /// What it shall do.
    pub mode: Mode,
}

impl SetQueue {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let need = Need {
            roles: &[Role::Manage],
            over: Over::Queue(self.tag.as_ref()),
        };
        let team = batch.allow(command, need)?;
        check(&self.settings)?;
        let present = batch
            .queue_named(team, self.tag.as_ref())
            .map_or(0, |it| it.revision);
        if self.revision.is_some_and(|it| it != present) {
            return Err(Rejection::Revision { present }.into());
        }

        let id = batch.ensure_queue(team, self.tag.as_ref())?;
        let now = batch.now();
        let row = &mut batch.queue_mut(id).row;
        row.settings = self.settings;
        row.revision += 1;
        row.strict_hold = row.strict_hold.filter(|_| self.settings.strict);
        if let Some(interval) = self.settings.lease_interval() {
            row.rate_next = row.rate_next.min(now.after(interval));
        }
        let revision = row.revision;
        batch.dispatch(id)?;
        Ok(Reply::Queue(id, revision))
    }
}

fn check(settings: &QueueSettings) -> Result<(), Rejection> {
    let spans = LEASE_MIN..=LEASE_MAX;
    if !spans.contains(&settings.lease) {
        return Err(Rejection::Invalid("lease: 1 second to 7 days"));
    }
    if !spans.contains(&settings.claim_limit) {
        return Err(Rejection::Invalid("claim_limit: 1 second to 7 days"));
    }
    if !spans.contains(&settings.lease_cap) || settings.lease_cap < settings.lease {
        return Err(Rejection::Invalid(
            "lease_cap: at least the lease, at most 7 days",
        ));
    }
    if !(1..=ATTEMPTS_MAX).contains(&settings.attempts) {
        return Err(Rejection::Invalid("attempts: 1 to 100"));
    }
    if settings
        .leases_per_minute
        .is_some_and(|it| !(1..=60_000).contains(&it))
    {
        return Err(Rejection::Invalid("leases_per_minute: 1 to 60,000"));
    }
    Ok(())
}

impl SetMode {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let need = Need {
            roles: &[Role::Manage],
            over: Over::Queue(self.tag.as_ref()),
        };
        let team = batch.allow(command, need)?;
        let id = batch.ensure_queue(team, self.tag.as_ref())?;
        let row = &mut batch.queue_mut(id).row;
        if row.mode != self.mode {
            row.mode = self.mode;
            row.revision += 1;
        }
        let revision = row.revision;
        batch.dispatch(id)?;
        Ok(Reply::Queue(id, revision))
    }
}

impl Batch<'_> {
    pub(crate) fn queue_named(&self, team: TeamId, tag: Option<&Tag>) -> Option<&Queue> {
        let id = self.state.queue_names.get(&(team, tag.cloned()))?;
        Some(&self.state.queue(*id).row)
    }

    /// The queue of a tag; made if this is its first use.
    pub(crate) fn ensure_queue(
        &mut self,
        team: TeamId,
        tag: Option<&Tag>,
    ) -> Result<QueueId, Rejection> {
        if let Some(queue) = self.queue_named(team, tag) {
            return Ok(queue.id);
        }
        if self.state.usage(team).queues >= QUEUES_PER_TEAM {
            return Err(Rejection::Limit("queues of a team"));
        }
        let id = QueueId(self.next_id());
        self.add_queue(Queue {
            id,
            team,
            tag: tag.cloned(),
            mode: Mode::Active,
            settings: QueueSettings::default(),
            revision: 0,
            runs: [Runs::default(); 3],
            streak: 0,
            strict_hold: None,
            rate_next: Timestamp::default(),
            delayed: 0,
            held: 0,
            backoff: 0,
            waiting: 0,
            dead: 0,
        });
        Ok(id)
    }
}
