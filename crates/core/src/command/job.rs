use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome, broken};
use crate::command::Command;
use crate::id::{JobId, QueueId, TeamId};
use crate::limits::{ENDED_JOBS_KEPT, JOBS_PER_TEAM};
use crate::model::{Class, DeadCause, DeadLetter, Event, Filter, Job, JobKind, Role};
use crate::rows::{Key, Row, RowError, Rows};
use crate::text::{EventType, Reason, Tag};
use crate::time::Position;

/// Begins work on many events; ticks advance it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartJob {
    /// What to do.
    pub kind: JobKind,
    /// Only this queue's events (inner none: the untagged one); none: all of the team.
    pub tag: Option<Option<Tag>>,
    /// Only what died for this cause. Not for [`JobKind::CancelQueue`].
    pub cause: Option<DeadCause>,
    /// Only this event type. Not for [`JobKind::CancelQueue`].
    pub event_type: Option<EventType>,
}

/// Dead letters that one tick looks at for a job.
const LETTERS_PER_TICK: usize = 16;

impl StartJob {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let over = match &self.tag {
            Some(tag) => Over::Queue(tag.as_ref()),
            None => Over::Team,
        };
        let roles = &[Role::Manage];
        let team = batch.allow(command, Need { roles, over })?;
        let queue = self.queue(batch, team)?;
        if self.kind == JobKind::CancelQueue && queue.is_none() {
            return Err(Rejection::Invalid("tag: name the queue to cancel").into());
        }
        let filtered = self.cause.is_some() || self.event_type.is_some();
        if self.kind == JobKind::CancelQueue && filtered {
            return Err(Rejection::Invalid(
                "cause, event_type: a job that cancels a queue takes all of it",
            )
            .into());
        }
        let unrouted = self.cause == Some(DeadCause::Unmatched);
        if self.kind == JobKind::ReplayDead && unrouted {
            return Err(Rejection::Invalid(
                "cause: what no route matched is routed again, with RerouteEvents",
            )
            .into());
        }
        let owned = batch.state.team_jobs.get(&team);
        if owned.is_some_and(|it| it.live.len() >= JOBS_PER_TEAM) {
            return Err(Rejection::Limit("jobs of a team").into());
        }

        let id = JobId(batch.next_id());
        let job = Job {
            id,
            team,
            kind: self.kind.clone(),
            filter: Filter {
                queue,
                cause: self.cause,
                event_type: self.event_type.clone(),
            },
            before: batch.position(),
            cursor: Position::default(),
            done: 0,
            created: batch.now(),
            ended: None,
        };
        batch.state.add_job(job);
        batch.touch_job(id);
        Ok(Reply::Job(id))
    }

    /// The queue that the filter names.
    fn queue(&self, batch: &Batch<'_>, team: TeamId) -> Result<Option<QueueId>, Rejection> {
        match &self.tag {
            None => Ok(None),
            Some(tag) => {
                let queue = batch
                    .queue_named(team, tag.as_ref())
                    .ok_or(Rejection::NotFound)?;
                Ok(Some(queue.id))
            }
        }
    }
}

impl Batch<'_> {
    /// One step of the oldest job that has not ended. Answers how many events it looked at.
    pub(crate) fn advance_job(&mut self) -> Result<usize, RowError> {
        let Some(id) = self.state.open_jobs.first() else {
            return Ok(0);
        };
        let job = self.state.jobs[id].clone();
        match job.kind {
            JobKind::ReplayDead | JobKind::PurgeDead => self.advance_over_dead(&job),
            JobKind::CancelQueue => self.advance_cancel(&job),
        }
    }

    fn end_job(&mut self, id: JobId) {
        let now = self.now();
        let job = self.job_mut(id);
        job.ended = Some(now);
        let team = job.team;
        self.state.open_jobs.remove(&id);
        let owned = self.state.team_jobs.entry(team).or_default();
        if let Some(forgotten) = owned.end(id, now, ENDED_JOBS_KEPT) {
            self.state.jobs.remove(&forgotten);
            self.touch_job(forgotten);
        }
    }

    fn advance_over_dead(&mut self, job: &Job) -> Result<usize, RowError> {
        let from = Key::Dead(job.team, job.cursor);
        let rows = self
            .overlay
            .scan(&from, &Key::Dead(job.team, job.before), LETTERS_PER_TICK)?;
        let last = rows.len() < LETTERS_PER_TICK;
        let mut seen = 0;
        for (key, row) in &rows {
            let (Key::Dead(_, at), Row::DeadLetter(letter)) = (key, row) else {
                return Err(broken(key));
            };
            if !self.has_room() {
                return Ok(seen);
            }
            self.job_mut(job.id).cursor = Position {
                offset: at.offset + 1,
                ..*at
            };
            self.take_dead(job, letter)?;
            seen += 1;
        }
        if last {
            self.end_job(job.id);
        }
        Ok(seen)
    }

    fn take_dead(&mut self, job: &Job, letter: &DeadLetter) -> Result<(), RowError> {
        let event = self.event_of(job.team, letter.event)?;
        let unrouted = letter.cause == DeadCause::Unmatched;
        if job.kind == JobKind::ReplayDead && unrouted {
            return Ok(());
        }
        let cause = job.filter.cause.is_none_or(|it| it == letter.cause);
        if !(cause && job.filter.takes(&event)) {
            return Ok(());
        }
        self.job_mut(job.id).done += 1;
        match job.kind {
            JobKind::ReplayDead => self.replay(event).map(|_| ()),
            JobKind::PurgeDead => self.purge(event),
            JobKind::CancelQueue => Ok(()),
        }
    }

    /// Cancels from the front of each class what stood ready when the job began.
    fn advance_cancel(&mut self, job: &Job) -> Result<usize, RowError> {
        let queue = job
            .filter
            .queue
            .expect("a job that cancels names its queue");
        let mut seen = 0;
        while self.has_room() {
            let Some(event) = self.first_before(queue, job)? else {
                self.end_job(job.id);
                break;
            };
            self.job_mut(job.id).done += 1;
            let reason = Reason::new("the queue was cancelled").expect("a valid text");
            self.cancel(event, Some(reason))?;
            seen += 1;
        }
        Ok(seen)
    }

    fn first_before(
        &mut self,
        queue: QueueId,
        job: &Job,
    ) -> Result<Option<alloc::boxed::Box<Event>>, RowError> {
        for class in Class::ALL {
            self.state.load_windows(&self.overlay, queue, class)?;
            let front = self.state.queue(queue).front(class);
            if let Some(((_, id), _)) = front.filter(|it| it.0.0 < job.before) {
                return self.event_of(job.team, id).map(Some);
            }
        }
        Ok(None)
    }
}

impl Filter {
    fn takes(&self, event: &Event) -> bool {
        self.queue.is_none_or(|it| it == event.queue)
            && self
                .event_type
                .as_ref()
                .is_none_or(|it| *it == event.event_type)
    }
}
