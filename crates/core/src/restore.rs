//! The state from its rows: what a process does when it starts. Reads the tables that are held in
//! memory and nothing else, so it takes as long as there are queues and sessions, not events.

use alloc::vec::Vec;

use crate::batch::broken;
use crate::id::{JobId, NodeId, QueueId, SessionId, TeamId, TokenId};
use crate::model::{Job, Queue, Token};
use crate::rows::{Key, Row, RowError, Rows};
use crate::state::{QueueCell, State};

/// Rows read at once.
const PAGE: usize = 1024;

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
        ];
        for (from, to) in tables {
            each(rows, from, &to, |key, row| state.load(&key, row))?;
        }
        state.find_wakes(rows)?;
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
            Row::Meta(_)
            | Row::Event(_)
            | Row::Content(_)
            | Row::Dedup(_)
            | Row::Lane(_)
            | Row::EventRef(_)
            | Row::Due
            | Row::DeadLetter(_)
            | Row::Finished(_) => return Err(broken(key)),
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
        | Key::Finished(..) => key.clone(),
    }
}
