//! The machine as the rooms see it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ackord_core::action::Action;
use ackord_core::command::Command;
use ackord_core::id::{CronId, NodeId, TeamId};
use ackord_core::model::Cron;
use ackord_core::text::Label;
use ackord_core::time::{Position, Timestamp};
use ackord_raft::{Actions, Incoming, Network, RaftHandle, StartError, Status, View, vital};
use ackord_store::{Figures as EngineFigures, LogStore, RowStore, RowView};
use prometheus_client::registry::Registry;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::batcher::Batcher;
use crate::caller::{Answer, Caller};
use crate::committed::Committed;
use crate::desk::Desk;
use crate::error::ProposeError;
use crate::exchange::Exchange;
use crate::fitness::Fitness;
use crate::forwards::Peers;
use crate::fresh::Confirmations;
use crate::introductions::Introductions;
use crate::options::Options;
use crate::patience;
use crate::unit::{Encoded, cut};

/// The machine on this node. Cheap to clone; all clones are the same one.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) desk: Arc<Desk>,
    pub(crate) raft: RaftHandle,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) confirmations: Arc<Confirmations>,
    /// Held while members change, and until whoever has left is kept from coming back.
    pub(crate) changing: Arc<tokio::sync::Mutex<()>>,
    tasks: Arc<Mutex<Option<Tasks>>>,
}

/// What the engines of a node use at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// That of the log.
    pub log: EngineFigures,
    /// That of the rows.
    pub rows: EngineFigures,
}

/// What runs for the machine.
#[derive(Debug)]
struct Tasks {
    batcher: JoinHandle<()>,
    /// Run until they are aborted, as what follows does.
    patience: [JoinHandle<()>; 2],
    exchange: JoinHandle<()>,
}

impl Machine {
    /// Starts the machine on this node's disk; its `peers` are the other members. What its log
    /// has beyond its rows is applied once it is known to be committed; see [`Self::recovered`].
    ///
    /// # Errors
    /// The disk does not hold what was promised, or the options do not fit together.
    pub async fn start(
        options: &Options,
        log: LogStore,
        rows: RowStore,
        peers: Arc<dyn Peers>,
    ) -> Result<Self, StartError> {
        let desk = Arc::new(Desk::new(options, rand::random()));
        let clocks = desk.clocks.clone();
        let introductions =
            Introductions::new(Arc::clone(&peers), clocks.clone(), options.raft.format);
        let network: Arc<dyn Network> = Arc::new(introductions.clone());
        let tickets = Arc::<Desk>::clone(&desk);
        let raft = RaftHandle::start(&options.raft, log, rows, network, tickets).await?;
        raft.stand(false);
        let exchange = Exchange::new(introductions, Fitness::new(clocks), raft.clone());
        let exchange = Arc::new(exchange);
        let batcher = Batcher::new(Arc::clone(&desk), raft.clone(), peers);
        let tasks = Tasks {
            batcher: vital("batcher", batcher.run()),
            patience: [
                vital("patience", patience::run(Arc::clone(&desk), raft.clone())),
                vital(
                    "isolation",
                    patience::give_up(Arc::clone(&desk), raft.clone()),
                ),
            ],
            exchange: vital("exchange", Arc::clone(&exchange).run()),
        };
        Ok(Self {
            desk,
            raft,
            exchange,
            confirmations: Arc::default(),
            changing: Arc::default(),
            tasks: Arc::new(Mutex::new(Some(tasks))),
        })
    }

    /// The way in for the other members.
    #[must_use]
    pub fn incoming(&self) -> Incoming {
        self.raft.incoming()
    }

    /// Returns once enough others have said what they remember of this node's disk. Until then this
    /// node does not stand for election, and the others must not be let [in](Self::incoming), for
    /// a node that has lost some of its log must not vote. Waits for them as long as that takes.
    ///
    /// # Errors
    /// The disk lacks what it had, or the cluster has a format that this program does not know.
    pub async fn recalled(&self) -> Result<(), StartError> {
        self.exchange.recalled().await
    }

    /// Founds the group with these members, which their peers reach at these addresses; this node
    /// is one of them. A group that exists stays as it is.
    ///
    /// # Errors
    /// The machine has ended.
    pub async fn found(&self, members: BTreeMap<u64, String>) -> Result<(), StartError> {
        self.raft.found(members).await
    }

    /// Returns once the machine is at least where it was when it ended: only then may anybody be
    /// served. Waits for a leader as long as that takes.
    ///
    /// # Errors
    /// The machine has ended.
    pub async fn recovered(&self) -> Result<(), StartError> {
        self.raft.recovered().await
    }

    /// Carries out one command, in an entry with others'. A caller that gives up does not take
    /// its command back.
    ///
    /// # Errors
    /// There is no answer; [`ProposeError::Unknown`] alone leaves open whether it is committed.
    pub async fn propose(&self, command: Command) -> Result<Committed, ProposeError> {
        let answer = self.submit(vec![Encoded::new(command)?]);
        let mut committed = wait(answer).await?;
        Ok(committed.pop().expect("an answer for each command"))
    }

    /// Carries out commands in their order, in one entry as far as they fit: a result for each.
    /// Those of one call count as the first one's team's.
    pub async fn propose_many(
        &self,
        commands: Vec<Command>,
    ) -> Vec<Result<Committed, ProposeError>> {
        let encoded: Vec<_> = commands.into_iter().map(Encoded::new).collect();
        let mut small = Vec::new();
        let refused: Vec<Option<ProposeError>> = encoded
            .into_iter()
            .map(|it| it.map(|command| small.push(command)).err())
            .collect();
        let answers: Vec<_> = cut(small)
            .into_iter()
            .map(|unit| (unit.len(), self.submit(unit)))
            .collect();
        let mut results = Vec::with_capacity(refused.len());
        for (commands, answer) in answers {
            match wait(answer).await {
                Ok(committed) => results.extend(committed.into_iter().map(Ok)),
                Err(error) => results.extend(std::iter::repeat_n(Err(error), commands)),
            }
        }
        let mut results = results.into_iter();
        let in_order = refused.into_iter().map(|refused| match refused {
            Some(error) => Err(error),
            None => results.next().expect("a result for each command"),
        });
        in_order.collect()
    }

    fn submit(&self, commands: Vec<Encoded>) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        self.desk.submit(commands, Caller::Here(reply));
        answer
    }

    /// The latest published view.
    pub fn view(&self) -> Arc<View> {
        self.raft.view()
    }

    /// All rows at this moment. Holds disk space while it lives.
    pub fn rows(&self) -> RowView {
        self.raft.rows()
    }

    /// Returns once what is at `position` is applied, and seen by [`Self::view`] and
    /// [`Self::rows`].
    pub async fn reach(&self, position: Position) {
        self.raft.reach(position.index).await;
    }

    /// The actions from now on that concern `node`. Whoever begins to listen, or has lost some,
    /// asks what is [`Self::outstanding`].
    pub fn actions(&self, node: NodeId) -> Actions {
        self.raft.actions(node)
    }

    /// What `node` should be doing now.
    pub async fn outstanding(&self, node: NodeId) -> Vec<Action> {
        self.raft.outstanding(node).await
    }

    /// The instant of log time from which on a tick would do something.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.raft.view().deadline
    }

    /// [`Self::deadline`] as it changes; ends with the machine. For one waiter: the timer.
    pub fn deadlines(&self) -> watch::Receiver<Option<Timestamp>> {
        self.raft.deadline()
    }

    /// The instant of log time of the first cron's tick that is not decided, as it changes; ends with
    /// the machine. For one waiter: the timer.
    pub fn crons(&self) -> watch::Receiver<Option<Timestamp>> {
        self.raft.cron()
    }

    /// Changes whenever an approval of the team has; ends with the machine.
    pub fn approvals(&self, team: TeamId) -> watch::Receiver<()> {
        self.raft.approvals(team)
    }

    /// The crons with a tick to decide at `now` or before, those that have waited longest first; at
    /// most `limit`.
    pub async fn due_crons(&self, now: Timestamp, limit: usize) -> Vec<Arc<Cron>> {
        self.raft.due_crons(now, limit).await
    }

    /// The team's cron of this label; none: it has none.
    ///
    /// # Errors
    /// This node ends, and does not know.
    pub async fn cron_named(
        &self,
        team: TeamId,
        label: Label,
    ) -> Result<Option<CronId>, ProposeError> {
        let named = self.raft.cron_named(team, label).await;
        named.ok_or(ProposeError::ShuttingDown)
    }

    /// Asks `node` to lead in the place of this node. Whether it does shows.
    pub async fn hand_over(&self, node: u64) {
        self.raft.hand_over(node).await;
    }

    /// Names all that is counted and timed from here down.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.desk.metrics.register(registry);
        self.raft.metrics().register(registry);
    }

    /// Since how long each thread of the machine is at the same piece of work; none: it waits for
    /// some.
    pub fn busy(&self) -> [(&'static str, Option<Duration>); 2] {
        let metrics = self.raft.metrics();
        [
            ("log", metrics.log_progress.busy_for()),
            ("apply", metrics.apply_progress.busy_for()),
        ]
    }

    /// What waits for an entry: commands, and their bytes.
    pub fn waiting(&self) -> (usize, usize) {
        let load = self.desk.load();
        (load.commands, load.bytes)
    }

    /// How long ago this node was in touch with the group; none: not since it started.
    pub fn contact(&self) -> Option<Duration> {
        self.raft.contact()
    }

    /// What the engines of the log and of the rows use now.
    pub async fn figures(&self) -> Figures {
        let (log, rows) = self.raft.figures().await;
        Figures { log, rows }
    }

    /// Where the group stands.
    pub fn status(&self) -> Status {
        self.raft.status()
    }

    /// Log time now, as this node would stamp it.
    pub fn log_now(&self) -> Timestamp {
        self.desk.now(self.raft.term(), self.raft.view().now)
    }

    /// Takes no more commands, answers those on their way, and leaves the disk in order. Every
    /// clone is of no use afterwards.
    pub async fn shutdown(&self) {
        self.desk.close().await;
        let tasks = self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(tasks) = tasks else {
            return self.raft.shutdown().await;
        };
        // First of all: it would take a log that ends for one that is lost.
        end([tasks.exchange]).await;
        self.raft.shutdown().await;
        end(tasks.patience).await;
        end(self.confirmations.end()).await;
        // Aborted only by its panic, which it has told.
        let _ = tasks.batcher.await;
    }
}

/// Aborts these, and returns when they have ended.
async fn end(tasks: impl Into<Vec<JoinHandle<()>>>) {
    let tasks: Vec<JoinHandle<()>> = tasks.into();
    tasks.iter().for_each(JoinHandle::abort);
    for task in tasks {
        // Aborted, or at its end; one that panicked has said so.
        let _ = task.await;
    }
}

async fn wait(answer: oneshot::Receiver<Answer>) -> Answer {
    // Dropped unanswered: it may be in the log.
    answer.await.unwrap_or(Err(ProposeError::Unknown))
}
