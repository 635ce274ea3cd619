//! All rows at once, sorted into their tables.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::id::{
    ApprovalId, CronId, EventId, JobId, NodeId, QueueId, SessionId, SourceId, TeamId, TokenId,
};
use crate::model::{
    Approval, Class, Cron, DeadLetter, DedupKey, DueKind, Event, Finished, Holding, Job, Lane,
    Ledger, Meta, Node, Queue, Session, Source, Team, Token, Watch, Watched,
};
use crate::rows::{Key, Row, RowError, Rows};
use crate::text::OrderingKey;
use crate::time::{Position, Timestamp};

/// Rows read at once.
const PAGE: usize = 1024;

/// See the module.
#[derive(Default)]
pub(super) struct All {
    pub(super) meta: Meta,
    pub(super) nodes: BTreeMap<NodeId, Node>,
    pub(super) teams: BTreeMap<TeamId, Team>,
    pub(super) tokens: BTreeMap<TokenId, Token>,
    pub(super) queues: BTreeMap<QueueId, Queue>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) jobs: BTreeMap<JobId, Job>,
    pub(super) events: BTreeMap<(TeamId, EventId), Event>,
    pub(super) contents: BTreeMap<(TeamId, EventId), usize>,
    pub(super) lanes: BTreeMap<(QueueId, OrderingKey), Lane>,
    pub(super) waiting: BTreeMap<(QueueId, OrderingKey, Position), EventId>,
    pub(super) fresh: BTreeMap<(QueueId, Class, Position), EventId>,
    pub(super) returned: BTreeMap<(QueueId, Class, Position), EventId>,
    pub(super) due: BTreeSet<(Timestamp, TeamId, EventId, DueKind)>,
    pub(super) dead: BTreeMap<(TeamId, Position), DeadLetter>,
    pub(super) finished: BTreeMap<(TeamId, Position), Finished>,
    pub(super) sources: BTreeMap<SourceId, Arc<Source>>,
    pub(super) holdings: BTreeMap<SourceId, Holding>,
    pub(super) held: BTreeMap<(SourceId, Position), EventId>,
    pub(super) crons: BTreeMap<CronId, Arc<Cron>>,
    pub(super) cron_instructions: BTreeSet<(TeamId, CronId)>,
    pub(super) ledgers: BTreeMap<(TeamId, EventId), Ledger>,
    pub(super) approvals: BTreeMap<ApprovalId, Arc<Approval>>,
    pub(super) watches: BTreeMap<Watched, Watch>,
}

impl All {
    /// Reads every row but the dedup rows' content, which no rule asks for.
    pub(super) fn read(rows: &dyn Rows) -> Result<Self, RowError> {
        let mut all = Self::default();
        if let Some(row) = rows.get(&Key::Meta)? {
            all.take(Key::Meta, row)?;
        }
        for (from, to) in tables() {
            each(rows, from, &to, &mut |key, row| all.take(key, row))?;
        }
        Ok(all)
    }

    fn take(&mut self, key: Key, row: Row) -> Result<(), RowError> {
        let misplaced = || RowError(format!("a row of another thing under {key:?}"));
        let fits = match (&key, row) {
            (Key::Meta, Row::Meta(it)) => {
                self.meta = it;
                true
            }
            (Key::Node(id), Row::Node(it)) => it.id == *id && insert(&mut self.nodes, *id, it),
            (Key::Team(id), Row::Team(it)) => it.id == *id && insert(&mut self.teams, *id, it),
            (Key::Token(id), Row::Token(it)) => it.id == *id && insert(&mut self.tokens, *id, it),
            (Key::Queue(id), Row::Queue(it)) => it.id == *id && insert(&mut self.queues, *id, *it),
            (Key::Session(id), Row::Session(it)) => {
                it.id == *id && insert(&mut self.sessions, *id, *it)
            }
            (Key::Job(id), Row::Job(it)) => it.id == *id && insert(&mut self.jobs, *id, it),
            (Key::Event(team, id), Row::Event(it)) => {
                (it.team, it.id) == (*team, *id) && insert(&mut self.events, (*team, *id), *it)
            }
            (Key::Content(team, id), Row::Content(it)) => {
                insert(&mut self.contents, (*team, *id), it.body.len())
            }
            (Key::Dedup(..), Row::Dedup(_)) => true,
            (Key::Lane(queue, name), Row::Lane(it)) => {
                insert(&mut self.lanes, (*queue, name.clone()), it)
            }
            (Key::LaneWaiting(queue, name, at), Row::EventRef(it)) => {
                insert(&mut self.waiting, (*queue, name.clone(), *at), it)
            }
            (Key::Fresh(queue, class, at), Row::EventRef(it)) => {
                insert(&mut self.fresh, (*queue, *class, *at), it)
            }
            (Key::Returned(queue, class, at), Row::EventRef(it)) => {
                insert(&mut self.returned, (*queue, *class, *at), it)
            }
            (Key::Due(at, team, event, kind), Row::Due) => {
                self.due.insert((*at, *team, *event, *kind))
            }
            (Key::Dead(team, at), Row::DeadLetter(it)) => insert(&mut self.dead, (*team, *at), it),
            (Key::Finished(team, at), Row::Finished(it)) => {
                insert(&mut self.finished, (*team, *at), it)
            }
            (Key::Source(id), Row::Source(it)) => {
                it.id == *id && insert(&mut self.sources, *id, it)
            }
            (Key::Holding(id), Row::Holding(it)) => {
                it.source == *id && insert(&mut self.holdings, *id, it)
            }
            (Key::Held(source, at), Row::EventRef(it)) => {
                insert(&mut self.held, (*source, *at), it)
            }
            (Key::Cron(team, id), Row::Cron(it)) => {
                (it.team, it.id) == (*team, *id) && insert(&mut self.crons, *id, it)
            }
            (Key::CronInstruction(team, id), Row::Instruction(_)) => {
                self.cron_instructions.insert((*team, *id))
            }
            (Key::Ledger(team, id), Row::Ledger(it)) => insert(&mut self.ledgers, (*team, *id), it),
            (Key::Approval(team, id), Row::Approval(it)) => {
                (it.team, it.id) == (*team, *id) && insert(&mut self.approvals, *id, it)
            }
            (Key::Watch(of), Row::Watch(it)) => it.of == *of && insert(&mut self.watches, *of, it),
            _ => false,
        };
        if fits { Ok(()) } else { Err(misplaced()) }
    }

    /// An event that another row of the team names.
    pub(super) fn event(&self, team: TeamId, id: EventId) -> Option<&Event> {
        self.events.get(&(team, id))
    }

    /// An event that a row of the queue names.
    pub(super) fn event_in(&self, queue: QueueId, id: EventId) -> Option<&Event> {
        let team = self.queues.get(&queue)?.team;
        self.event(team, id).filter(|it| it.queue == queue)
    }
}

fn insert<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) -> bool {
    map.insert(key, value).is_none()
}

/// Walks the rows of one table.
fn each(
    rows: &dyn Rows,
    mut from: Key,
    to: &Key,
    take: &mut dyn FnMut(Key, Row) -> Result<(), RowError>,
) -> Result<(), RowError> {
    let mut seen = None;
    loop {
        let page = rows.scan(&from, to, PAGE)?;
        let full = page.len() == PAGE;
        for (key, row) in page {
            if seen.as_ref() != Some(&key) {
                from = key.clone();
                seen = Some(key.clone());
                take(key, row)?;
            }
        }
        if !full {
            return Ok(());
        }
    }
}

/// From where to where each table goes, [`Key::Meta`] left out.
fn tables() -> Vec<(Key, Key)> {
    let (first, last) = (
        Position::default(),
        Position {
            index: u64::MAX,
            offset: u32::MAX,
        },
    );
    let name = || OrderingKey::new(" ").expect("a space is no control character");
    let (low, high) = (u64::MIN, u64::MAX);
    let (event_low, event_high) = (EventId(u128::MIN), EventId(u128::MAX));
    let table = |key: &dyn Fn(u64, EventId, Position) -> Key| {
        (key(low, event_low, first), key(high, event_high, last))
    };
    alloc::vec![
        table(&|id, _, _| Key::Node(NodeId(id))),
        table(&|id, _, _| Key::Team(TeamId(id))),
        table(&|id, _, _| Key::Token(TokenId(id))),
        table(&|id, _, _| Key::Queue(QueueId(id))),
        table(&|id, _, _| Key::Session(SessionId(id))),
        table(&|id, _, _| Key::Job(JobId(id))),
        table(&|id, event, _| Key::Event(TeamId(id), event)),
        table(&|id, event, _| Key::Content(TeamId(id), event)),
        table(&|id, event, _| Key::Dedup(TeamId(id), DedupKey(event.0))),
        table(&|id, _, _| Key::Lane(QueueId(id), name())),
        table(&|id, _, at| Key::LaneWaiting(QueueId(id), name(), at)),
        table(&|id, _, at| Key::Fresh(QueueId(id), Class::Interrupt, at)),
        table(&|id, _, at| Key::Returned(QueueId(id), Class::Interrupt, at)),
        table(&|id, event, _| Key::Due(Timestamp(id), TeamId(id), event, DueKind::Wake)),
        table(&|id, _, at| Key::Dead(TeamId(id), at)),
        table(&|id, _, at| Key::Finished(TeamId(id), at)),
        table(&|id, _, _| Key::Source(SourceId(id))),
        table(&|id, _, _| Key::Holding(SourceId(id))),
        table(&|id, _, at| Key::Held(SourceId(id), at)),
        table(&|id, _, _| Key::Cron(TeamId(id), CronId(id))),
        table(&|id, _, _| Key::CronInstruction(TeamId(id), CronId(id))),
        table(&|id, event, _| Key::Ledger(TeamId(id), event)),
        table(&|id, _, _| Key::Approval(TeamId(id), ApprovalId(id))),
        (
            Key::Watch(Watched::Cron(CronId(low))),
            Key::Watch(Watched::Source(SourceId(high))),
        ),
    ]
}
