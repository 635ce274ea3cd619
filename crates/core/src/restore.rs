//! The state from its rows: what a process does when it starts. Reads the tables that are held in
//! memory and nothing else, so it takes as long as there are queues and sessions, not events.

use alloc::vec::Vec;

use crate::batch::broken;
use crate::id::{ApprovalId, CronId, JobId, NodeId, QueueId, SessionId, SourceId, TeamId, TokenId};
use crate::model::{Job, Queue, Token, Watched};
use crate::planted::{Bug, is_planted};
use crate::rows::{Key, Row, RowError, Rows};
use crate::state::{QueueCell, State};

/// Rows read at once.
const PAGE: usize = 1024;

/// The format of rows; 0 if there are none.
///
/// # Errors
/// The row that says so cannot be read, or is of the wrong kind.
pub fn format_of(rows: &dyn Rows) -> Result<u32, RowError> {
    match rows.get(&Key::Meta)? {
        None => Ok(0),
        Some(Row::Meta(meta)) => Ok(meta.format),
        Some(_) => Err(broken(&Key::Meta)),
    }
}

impl State {
    /// Rebuilds the state from rows.
    ///
    /// # Errors
    /// A row cannot be read, or is of the wrong kind.
    pub fn restore(rows: &dyn Rows) -> Result<Self, RowError> {
        let mut state = Self::default();
        if let Some(Row::Meta(meta)) = rows.get(&Key::Meta)? {
            state.meta = meta;
        }
        let tables = [
            (Key::Node(NodeId(0)), Key::Node(NodeId(u64::MAX))),
            (Key::Team(TeamId(0)), Key::Team(TeamId(u64::MAX))),
            (Key::Token(TokenId(0)), Key::Token(TokenId(u64::MAX))),
            (Key::Queue(QueueId(0)), Key::Queue(QueueId(u64::MAX))),
            (
                Key::Session(SessionId(0)),
                Key::Session(SessionId(u64::MAX)),
            ),
            (Key::Job(JobId(0)), Key::Job(JobId(u64::MAX))),
            (Key::Source(SourceId(0)), Key::Source(SourceId(u64::MAX))),
            (Key::Holding(SourceId(0)), Key::Holding(SourceId(u64::MAX))),
            (
                Key::Cron(TeamId(0), CronId(0)),
                Key::Cron(TeamId(u64::MAX), CronId(u64::MAX)),
            ),
            (
                Key::Approval(TeamId(0), ApprovalId(0)),
                Key::Approval(TeamId(u64::MAX), ApprovalId(u64::MAX)),
            ),
            (
                Key::Watch(Watched::Cron(CronId(0))),
                Key::Watch(Watched::Source(SourceId(u64::MAX))),
            ),
        ];
        for (from, to) in tables {
            each(rows, from, &to, |key, row| state.load(&key, row))?;
        }
        let holding: Vec<SourceId> = state.holdings.keys().copied().collect();
        for id in holding {
            state.settle_release(id);
        }
        state.judge_all_approvals();
        if !is_planted(Bug::WakesNotRestored) {
            state.find_wakes(rows)?;
        }
        Ok(state)
    }

    fn load(&mut self, key: &Key, row: Row) -> Result<(), RowError> {
        match row {
            Row::Node(it) => {
                self.nodes.insert(it.id, it);
            }
            Row::Team(it) => self.add_team(it),
            Row::Token(it) => self.add_token(it),
            Row::Queue(it) => self.add_queue(*it),
            Row::Session(it) => self.add_session(*it),
            Row::Job(it) => self.add_job(it),
            Row::Source(it) => self.add_source(it),
            Row::Holding(it) => {
                self.holdings.insert(it.source, it);
            }
            Row::Cron(it) => self.add_cron(it),
            Row::Approval(it) => self.add_approval(it),
            Row::Watch(it) => self.add_watch(it),
            Row::Meta(_)
            | Row::Event(_)
            | Row::Content(_)
            | Row::Dedup(_)
            | Row::Lane(_)
            | Row::EventRef(_)
            | Row::Due
            | Row::DeadLetter(_)
            | Row::Finished(_)
            | Row::Instruction(_)
            | Row::Ledger(_) => return Err(broken(key)),
        }
        Ok(())
    }

    pub(crate) fn add_token(&mut self, token: Token) {
        let owned = self.team_tokens.entry(token.team).or_default();
        owned.add(token.id, token.revoked);
        self.token_hashes.insert(token.hash, token.id);
        self.tokens.insert(token.id, token);
    }

    pub(crate) fn add_queue(&mut self, queue: Queue) {
        self.usage(queue.team).queues += 1;
        self.queue_names
            .insert((queue.team, queue.tag.clone()), queue.id);
        self.queues.insert(
            queue.id,
            QueueCell {
                row: queue,
                derived: Default::default(),
            },
        );
    }

    pub(crate) fn add_job(&mut self, job: Job) {
        let owned = self.team_jobs.entry(job.team).or_default();
        owned.add(job.id, job.ended);
        if job.ended.is_none() {
            self.open_jobs.insert(job.id);
        }
        self.jobs.insert(job.id, job);
    }

    /// Which queues a tick must dispatch, as [`crate::dispatch`] left them.
    fn find_wakes(&mut self, rows: &dyn Rows) -> Result<(), RowError> {
        let queues: Vec<QueueId> = self.queues.keys().copied().collect();
        queues
            .into_iter()
            .try_for_each(|id| self.find_wake(rows, id))
    }
}

fn each(
    rows: &dyn Rows,
    mut from: Key,
    to: &Key,
    mut take: impl FnMut(Key, Row) -> Result<(), RowError>,
) -> Result<(), RowError> {
    loop {
        let page = rows.scan(&from, to, PAGE)?;
        let full = page.len() == PAGE;
        for (key, row) in page {
            from = key.clone();
            take(key, row)?;
        }
        if !full {
            return Ok(());
        }
        from = next(&from);
    }
}

/// The key after this one, in the tables held in memory.
fn next(key: &Key) -> Key {
    match key {
        Key::Node(id) => Key::Node(NodeId(id.0 + 1)),
        Key::Team(id) => Key::Team(TeamId(id.0 + 1)),
        Key::Token(id) => Key::Token(TokenId(id.0 + 1)),
        Key::Queue(id) => Key::Queue(QueueId(id.0 + 1)),
        Key::Session(id) => Key::Session(SessionId(id.0 + 1)),
        Key::Job(id) => Key::Job(JobId(id.0 + 1)),
        Key::Source(id) => Key::Source(SourceId(id.0 + 1)),
        Key::Holding(id) => Key::Holding(SourceId(id.0 + 1)),
        Key::Cron(team, id) => Key::Cron(*team, CronId(id.0 + 1)),
        Key::Approval(team, id) => Key::Approval(*team, ApprovalId(id.0 + 1)),
        Key::Watch(Watched::Cron(id)) => Key::Watch(Watched::Cron(CronId(id.0 + 1))),
        Key::Watch(Watched::Source(id)) => Key::Watch(Watched::Source(SourceId(id.0 + 1))),
        Key::Meta
        | Key::Event(..)
        | Key::Content(..)
        | Key::Dedup(..)
        | Key::Lane(..)
        | Key::LaneWaiting(..)
        | Key::Fresh(..)
        | Key::Returned(..)
        | Key::Due(..)
        | Key::Dead(..)
        | Key::Finished(..)
        | Key::Held(..)
        | Key::CronInstruction(..)
        | Key::Ledger(..) => key.clone(),
    }
}
