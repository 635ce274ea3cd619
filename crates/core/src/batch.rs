//! A batch: entries of the log on their way into the rows. The only hand that changes [`State`].
//!
//! Later commands see what earlier ones wrote. At the end there is one list of changes to commit
//! as a whole, and the actions that follow from it, in that order.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::action::Action;
use crate::answer::{Answer, Rejection, Reply};
use crate::budget::Budget;
use crate::command::{Command, Entry};
use crate::id::{CronId, EventId, JobId, NodeId, QueueId, SessionId, SourceId, TeamId, TokenId};
use crate::limits::LOG_TIME_MAX;
use crate::model::{Cron, Event, Job, Meta, Queue, Session, Source, Team, Watched};
use crate::overlay::Overlay;
use crate::planted::{Bug, is_planted};
use crate::rows::{Change, Key, Row, RowError, Rows};
use crate::state::{QueueCell, State};
use crate::time::{Position, Timestamp};

/// The newest format that this code applies.
pub const FORMAT: u32 = 1;

/// Why a command went no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The machine says no; nothing was changed.
    No(Rejection),
    /// The rows cannot be read; nothing may be kept.
    Broken(RowError),
}

impl From<Rejection> for Stop {
    fn from(no: Rejection) -> Self {
        Self::No(no)
    }
}

impl From<RowError> for Stop {
    fn from(broken: RowError) -> Self {
        Self::Broken(broken)
    }
}

/// What a command of this crate answers while it runs.
pub(crate) type Outcome<T> = Result<T, Stop>;

/// A row that is not what its key or its neighbours say.
pub(crate) fn broken(key: &Key) -> RowError {
    RowError(format!("unexpected row under {key:?}"))
}

/// What a batch leaves to do, in this order: commit the changes, answer, act.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Rows to write as one batch.
    pub changes: Vec<Change>,
    /// Hints for the rooms, once the changes are committed.
    pub actions: Vec<Action>,
}

/// Which rows of the state a batch has touched.
#[derive(Debug, Default)]
struct Touched {
    meta: Option<Meta>,
    nodes: BTreeSet<NodeId>,
    teams: BTreeSet<TeamId>,
    tokens: BTreeSet<TokenId>,
    /// As they were before, so that a queue that ends as it began is not written.
    queues: BTreeMap<QueueId, Option<Box<Queue>>>,
    sessions: BTreeSet<SessionId>,
    jobs: BTreeSet<JobId>,
    sources: BTreeSet<SourceId>,
    holdings: BTreeSet<SourceId>,
    crons: BTreeMap<CronId, TeamId>,
    watches: BTreeSet<Watched>,
}

/// Entries being applied.
pub struct Batch<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) overlay: Overlay<'a>,
    /// Of the present command.
    pub(crate) budget: Budget,
    /// Sessions with open approvals that the present command has changed.
    pub(crate) askers: BTreeSet<SessionId>,
    actions: Vec<Action>,
    touched: Touched,
    /// Of the present entry.
    format: u32,
    index: u64,
    offset: u32,
}

impl State {
    /// Begins a batch on top of `rows`, which must be the rows that this state was restored from
    /// or has written since.
    ///
    /// A batch that is dropped before [`Batch::finish`] leaves the state ahead of its rows: the
    /// process must end.
    pub fn begin<'a>(&'a mut self, rows: &'a dyn Rows) -> Batch<'a> {
        Batch {
            overlay: Overlay::new(rows),
            budget: Budget::default(),
            askers: BTreeSet::new(),
            actions: Vec::new(),
            touched: Touched {
                meta: Some(self.meta.clone()),
                ..Touched::default()
            },
            format: 0,
            index: 0,
            offset: 0,
            state: self,
        }
    }
}

impl Batch<'_> {
    /// Applies one entry of the log: an answer for each command. Entries come in the order of
    /// their `index`, each once.
    ///
    /// # Errors
    /// The rows cannot be read, or the entry needs a newer format: the process must end.
    pub fn entry(&mut self, index: u64, entry: &Entry) -> Result<Vec<Answer>, RowError> {
        let known = self.state.known_format();
        if entry.format > known {
            return Err(RowError(format!(
                "entry {index} needs format {}, this program knows {known}: upgrade it",
                entry.format
            )));
        }
        self.format = entry.format;
        self.index = index;
        self.offset = 0;
        self.state.come_to(entry.at.min(LOG_TIME_MAX));
        entry.commands.iter().map(|it| self.command(it)).collect()
    }

    fn command(&mut self, command: &Command) -> Result<Answer, RowError> {
        self.budget = Budget::default();
        self.askers.clear();
        match self.carry_out(command) {
            Ok(Reply::Acked { again: false, .. })
                if self.index.is_multiple_of(8) && is_planted(Bug::RefusedAckCounts) =>
            {
                Ok(Err(Rejection::NotLeased))
            }
            Ok(reply) => Ok(Ok(reply)),
            Err(Stop::No(rejection)) => Ok(Err(rejection)),
            Err(Stop::Broken(error)) => Err(error),
        }
    }

    fn carry_out(&mut self, command: &Command) -> Outcome<Reply> {
        let reply = command.op.apply(self, command)?;
        self.settle_approvals()?;
        Ok(reply)
    }

    /// Ends the batch.
    pub fn finish(mut self) -> Applied {
        self.write_touched();
        Applied {
            changes: self.overlay.into_changes(),
            actions: self.actions,
        }
    }

    fn write_touched(&mut self) {
        let touched = core::mem::take(&mut self.touched);
        let state = &*self.state;
        if touched.meta.as_ref() != Some(&state.meta) {
            self.overlay.put(Key::Meta, Row::Meta(state.meta.clone()));
        }
        let mut write = |key: Key, row: Option<Row>| match row {
            Some(row) => self.overlay.put(key, row),
            None => self.overlay.delete(key),
        };
        for id in touched.nodes {
            write(Key::Node(id), state.nodes.get(&id).cloned().map(Row::Node));
        }
        for id in touched.teams {
            write(Key::Team(id), state.teams.get(&id).cloned().map(Row::Team));
        }
        for id in touched.tokens {
            write(
                Key::Token(id),
                state.tokens.get(&id).cloned().map(Row::Token),
            );
        }
        for (id, before) in touched.queues {
            let now = &state.queue(id).row;
            if before.as_deref() != Some(now) {
                write(Key::Queue(id), Some(Row::Queue(Box::new(now.clone()))));
            }
        }
        for id in touched.sessions {
            let row = state.sessions.get(&id).cloned();
            write(Key::Session(id), row.map(|it| Row::Session(Box::new(it))));
        }
        for id in touched.jobs {
            write(Key::Job(id), state.jobs.get(&id).cloned().map(Row::Job));
        }
        for id in touched.sources {
            let row = state.sources.get(&id).cloned();
            write(Key::Source(id), row.map(Row::Source));
        }
        for id in touched.holdings {
            let row = state.holdings.get(&id).copied();
            write(Key::Holding(id), row.map(Row::Holding));
        }
        for (id, team) in touched.crons {
            let row = state.crons.get(&id).cloned();
            write(Key::Cron(team, id), row.map(Row::Cron));
        }
        for of in touched.watches {
            let row = state.watches.get(&of).cloned();
            write(Key::Watch(of), row.map(Row::Watch));
        }
    }

    /// The format that the present entry needs.
    pub(crate) fn format(&self) -> u32 {
        self.format
    }

    /// Log time.
    pub(crate) fn now(&self) -> Timestamp {
        self.state.meta.now
    }

    /// The next position of this entry. Each is given once.
    pub(crate) fn position(&mut self) -> Position {
        let position = Position {
            index: self.index,
            offset: self.offset,
        };
        self.offset += 1;
        position
    }

    /// The end of the present entry's index.
    pub(crate) fn index_bits(&self) -> u16 {
        let [.., high, low] = self.index.to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// The next number for a team, token, queue, session, source or job.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.state.meta.last_id += 1;
        self.state.meta.last_id
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub(crate) fn touch_node(&mut self, id: NodeId) {
        self.touched.nodes.insert(id);
    }

    pub(crate) fn touch_token(&mut self, id: TokenId) {
        self.touched.tokens.insert(id);
        self.state.directory_changed();
    }

    pub(crate) fn team_mut(&mut self, id: TeamId) -> &mut Team {
        self.state.directory_changed();
        self.team_front_mut(id)
    }

    /// A team whose lists are swept: nothing that a copy of the teams is kept for changes.
    pub(crate) fn team_front_mut(&mut self, id: TeamId) -> &mut Team {
        self.touched.teams.insert(id);
        self.state
            .teams
            .get_mut(&id)
            .expect("a team is never removed")
    }

    pub(crate) fn add_team(&mut self, team: Team) {
        self.touched.teams.insert(team.id);
        self.state.directory_changed();
        self.state.add_team(team);
    }

    pub(crate) fn queue_mut(&mut self, id: QueueId) -> &mut QueueCell {
        self.budget.count_queue(id);
        let cell = self.state.queue_mut(id);
        self.touched
            .queues
            .entry(id)
            .or_insert_with(|| Some(Box::new(cell.row.clone())));
        cell
    }

    pub(crate) fn add_queue(&mut self, queue: Queue) {
        self.touched.queues.insert(queue.id, None);
        self.state.add_queue(queue);
    }

    /// Changes a session; what is derived from it follows.
    pub(crate) fn change_session<T>(
        &mut self,
        id: SessionId,
        change: impl FnOnce(&mut Session) -> T,
    ) -> T {
        self.touch_session(id);
        let mut session = self
            .state
            .remove_session(id)
            .expect("whoever changes it has seen it");
        let result = change(&mut session);
        self.state.add_session(session);
        result
    }

    pub(crate) fn add_session(&mut self, session: Session) {
        self.touched.sessions.insert(session.id);
        self.state.add_session(session);
    }

    pub(crate) fn remove_session(&mut self, id: SessionId) {
        self.touch_session(id);
        self.state.remove_session(id);
    }

    fn touch_session(&mut self, id: SessionId) {
        self.budget.count_session(id);
        self.touched.sessions.insert(id);
        if self.state.session_approvals.contains_key(&id) {
            self.askers.insert(id);
        }
    }

    pub(crate) fn job_mut(&mut self, id: JobId) -> &mut Job {
        self.touched.jobs.insert(id);
        self.state
            .jobs
            .get_mut(&id)
            .expect("whoever changes it has seen it")
    }

    pub(crate) fn touch_job(&mut self, id: JobId) {
        self.touched.jobs.insert(id);
    }

    pub(crate) fn add_source(&mut self, source: Source) {
        self.touched.sources.insert(source.id);
        self.state.add_source(Arc::new(source));
    }

    /// Changes a source; what is derived from it follows.
    pub(crate) fn change_source<T>(
        &mut self,
        id: SourceId,
        change: impl FnOnce(&mut Source) -> T,
    ) -> T {
        let expected = self.state.is_expected(Watched::Source(id));
        let mut source = self
            .remove_source(id)
            .expect("whoever changes it has seen it");
        let result = change(Arc::make_mut(&mut source));
        self.state.add_source(source);
        if self.state.is_expected(Watched::Source(id)) != expected {
            self.expect_acks(Watched::Source(id));
        }
        result
    }

    pub(crate) fn remove_source(&mut self, id: SourceId) -> Option<Arc<Source>> {
        self.touched.sources.insert(id);
        self.state.remove_source(id)
    }

    pub(crate) fn add_cron(&mut self, cron: Cron) {
        self.budget.count_row();
        self.touched.crons.insert(cron.id, cron.team);
        self.state.add_cron(Arc::new(cron));
    }

    /// Changes a cron; what is derived from it follows.
    pub(crate) fn change_cron<T>(&mut self, id: CronId, change: impl FnOnce(&mut Cron) -> T) -> T {
        let of = Watched::Cron(id);
        let before = self.state.waits_for(of);
        let mut cron = self
            .remove_cron(id)
            .expect("whoever changes it has seen it");
        let result = change(Arc::make_mut(&mut cron));
        self.state.add_cron(cron);
        if self.state.waits_for(of) != before {
            self.expect_acks(of);
        }
        result
    }

    pub(crate) fn remove_cron(&mut self, id: CronId) -> Option<Arc<Cron>> {
        self.budget.count_row();
        let cron = self.state.remove_cron(id)?;
        self.touched.crons.insert(id, cron.team);
        Some(cron)
    }

    pub(crate) fn touch_watch(&mut self, of: Watched) {
        self.budget.count_row();
        self.touched.watches.insert(of);
    }

    pub(crate) fn touch_holding(&mut self, id: SourceId) {
        self.budget.count_row();
        self.touched.holdings.insert(id);
    }

    /// An event by its id, if its team has it.
    pub(crate) fn event(&self, team: TeamId, id: EventId) -> Result<Option<Box<Event>>, RowError> {
        let key = Key::Event(team, id);
        match self.overlay.get(&key)? {
            None => Ok(None),
            Some(Row::Event(event)) => Ok(Some(event)),
            Some(_) => Err(broken(&key)),
        }
    }

    /// An event that another row names, so that it must be there.
    pub(crate) fn event_of(&self, team: TeamId, id: EventId) -> Result<Box<Event>, RowError> {
        self.event(team, id)?
            .ok_or_else(|| broken(&Key::Event(team, id)))
    }

    /// Writes a row, whether or not there was one.
    pub(crate) fn put(&mut self, key: Key, row: Row) {
        self.budget.count_row();
        self.overlay.put(key, row);
    }

    /// Writes a row under a key that the rows do not hold.
    pub(crate) fn put_new(&mut self, key: Key, row: Row) {
        self.budget.count_row();
        self.overlay.put_new(key, row);
    }

    /// Removes a row.
    pub(crate) fn delete(&mut self, key: Key) {
        self.budget.count_row();
        self.overlay.delete(key);
    }

    pub(crate) fn put_event(&mut self, event: Box<Event>) {
        self.put(Key::Event(event.team, event.id), Row::Event(event));
    }
}

/// What the operations of this crate answer when there is nothing more to say.
pub(crate) const DONE: Outcome<Reply> = Ok(Reply::Ok);
