//! A second machine: small, slow, and written from DESIGN alone. It shares words with `ackord-core`
//! (ids, commands, answers) and no rule. It follows the log in the order of its positions and says of
//! each command what had to be answered, and where each event has to stand then.
//!
//! What it leaves open: which events a tick gets around to, which of the sessions and events that
//! could go next does (other properties judge that order), what operators' commands answer, which
//! changes of crons are refused, and the jitter of a backoff. All of these it takes from the log, and
//! asks whether they were allowed.

mod answers;
mod approvals;
mod crafts;
mod crons;
mod event;
mod leases;
mod lines;
mod posts;
mod received;
mod returns;
mod session;
mod silences;

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::id::{ApprovalId, CronId, EventId, NodeId, SessionId, TeamId};
use ackord_core::model::{ContentHash, CronTerms, DedupKey, Mode, QueueSettings, Silence, Watched};
use ackord_core::text::{RequestId, SessionKey, Tag};
use ackord_core::time::Timestamp;

use crate::story::{Move, Scene};
use approvals::Waiting;
use event::{Event, State};
use session::Session;

/// A queue, by its name.
type QueueName = (TeamId, Option<Tag>);

/// See the module.
#[derive(Default)]
pub(crate) struct Model {
    /// Log time.
    now: Timestamp,
    /// Commands so far.
    number: usize,
    queues: BTreeMap<QueueName, Queue>,
    events: BTreeMap<EventId, Event>,
    /// The first event of each dedup key. No run lasts as long as a key does.
    keys: BTreeMap<(TeamId, DedupKey), (EventId, ContentHash)>,
    /// The first event of each key of a webhook.
    received: BTreeMap<(TeamId, DedupKey), EventId>,
    sessions: BTreeMap<SessionId, Session>,
    session_keys: BTreeMap<(TeamId, SessionKey), SessionId>,
    /// The terms of each cron, and its team.
    crons: BTreeMap<CronId, (TeamId, CronTerms)>,
    /// Who hears of which silence.
    watches: BTreeMap<Watched, (TeamId, Silence)>,
    /// Requests for approvals: which session and process, and its name.
    requests: BTreeSet<(SessionId, u64, RequestId)>,
    /// Those that a session waits for with an event in its hands.
    waiting: BTreeMap<ApprovalId, Waiting>,
    /// The process of each node, and when it began.
    processes: BTreeMap<NodeId, (u64, usize)>,
    /// Events that the present command has moved.
    touched: BTreeSet<EventId>,
    /// How many events it has put at the end of a line.
    entered: u32,
    /// What the present command did that it should not have.
    wrong: Vec<String>,
}

/// What is set on a queue.
#[derive(Clone, Copy, Default)]
struct Queue {
    settings: QueueSettings,
    mode: Mode,
}

impl Model {
    /// Follows one command. Returns what it did or answered that it should not have.
    pub(crate) fn follow(&mut self, scene: &Scene) -> Vec<String> {
        self.now = self.now.max(scene.at);
        self.number += 1;
        self.touched.clear();
        self.entered = 0;
        self.judge_answer(scene);
        self.observe_steps(scene);
        for lease in &scene.leases {
            self.observe_lease(scene, *lease);
        }
        self.compare(scene);
        std::mem::take(&mut self.wrong)
    }

    fn blame(&mut self, wrong: impl Into<String>) {
        self.wrong.push(wrong.into());
    }

    fn queue(&self, name: &QueueName) -> Queue {
        self.queues.get(name).copied().unwrap_or_default()
    }

    /// Whether a queue takes nothing new.
    fn drains(&self, name: &QueueName) -> bool {
        self.queue(name).mode == Mode::Draining
    }

    /// All events that were moved stand where they have to, and all that had to be were moved.
    fn compare(&mut self, scene: &Scene) {
        for it in &scene.moves {
            self.touched.remove(&it.event);
            if let Err(wrong) = self.place(it) {
                self.blame(wrong);
            }
        }
        for event in std::mem::take(&mut self.touched) {
            self.blame(format!("{event} was to be moved, and was not"));
        }
    }

    fn place(&mut self, it: &Move) -> Result<(), String> {
        let Some(event) = self.events.get_mut(&it.event) else {
            return Err(format!("{} was never submitted", it.event));
        };
        event.place = it.place;
        let Some(found) = it.after.map(State::from) else {
            return Err(format!("{} is forgotten", it.event));
        };
        if event.state == found {
            return Ok(());
        }
        let wanted = std::mem::replace(&mut event.state, found);
        Err(format!("{} is {found:?}, not {wanted:?}", it.event))
    }
}
