//! One Raft group on this node: what can be asked of it, and how it ends.

use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ackord_core::action::Action;
use ackord_core::id::{CronId, NodeId, TeamId};
use ackord_core::model::Cron;
use ackord_core::text::Label;
use ackord_core::time::Timestamp;
use ackord_store::{Figures, RowStore, RowView};
use openraft::error::ClientWriteError;
use openraft::raft::ClientWriteResult;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::apply::{Actions, Job, Published, View};
use crate::contact::Contact;
use crate::error::{Leader, ProposeFailure};
use crate::fatal::fatal;
use crate::log::LogGlance;
use crate::members::Members;
use crate::metrics::Metrics;
use crate::runtime::blocking;
use crate::status::Status;
use crate::types::{Callback, Outcome, Proposal, Raft, TypeConfig};

/// A running group. Cheap to clone; all clones are the same one. It runs until
/// [`Self::shutdown`]; when it cannot go on, the process ends.
#[derive(Clone)]
pub struct RaftHandle {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) raft: Raft,
    pub(crate) rows: Arc<RowStore>,
    pub(crate) published: Arc<Published>,
    pub(crate) contact: Arc<Contact>,
    /// Whether this node may be elected.
    pub(crate) stands: AtomicBool,
    pub(crate) log: LogGlance,
    pub(crate) metrics: Metrics,
    pub(crate) members: Members,
    /// Held while a snapshot is on its way in.
    pub(crate) receiving: tokio::sync::Mutex<()>,
    pub(crate) jobs: Mutex<Option<mpsc::Sender<Job>>>,
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) running: Mutex<Running>,
}

/// What runs for a group: [`RaftHandle::shutdown`] waits for it.
#[derive(Default)]
pub(crate) struct Running {
    pub(crate) tasks: Vec<JoinHandle<()>>,
    /// End with the applier, and with the last use of the log.
    pub(crate) ended: Vec<oneshot::Receiver<()>>,
    /// Ends with the last use of the rows for snapshots.
    pub(crate) snapshots_ended: Option<mpsc::Receiver<Infallible>>,
}

impl fmt::Debug for RaftHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaftHandle")
            .field("node", self.inner.raft.node_id())
            .finish()
    }
}

impl RaftHandle {
    /// Proposes an entry. `reply` is called once, on the thread that knows, as soon as the entry
    /// is applied or known to have failed; if it is dropped uncalled, nobody knows what became of
    /// it. Entries of one caller are proposed in the order of the calls. Waits while Raft's inbox
    /// is full.
    pub async fn propose(
        &self,
        proposal: Proposal,
        reply: impl FnOnce(Result<Outcome, ProposeFailure>) + Send + 'static,
    ) {
        let reply = Callback::new(|result| reply(outcome(result)));
        // A core that has ended drops the reply: nobody knows.
        let _ = self.inner.raft.client_write_ff(proposal, Some(reply)).await;
    }

    /// The latest view of the machine.
    pub fn view(&self) -> Arc<View> {
        self.inner.published.view()
    }

    /// The rows at this moment, unmoved by what comes.
    pub fn rows(&self) -> RowView {
        self.inner.rows.view()
    }

    /// Returns once entry `index` is applied, and [`Self::view`] shows it.
    pub async fn reach(&self, index: u64) {
        self.inner.published.applied().passed(index).await;
    }

    /// The actions from now on that concern `node`.
    pub fn actions(&self, node: NodeId) -> Actions {
        self.inner.published.actions(node)
    }

    /// What `node` should be doing now. Empty once the group has ended.
    pub async fn outstanding(&self, node: NodeId) -> Vec<Action> {
        let Some(jobs) = self.jobs().clone() else {
            return Vec::new();
        };
        let (answer, outstanding) = oneshot::channel();
        // An applier that has ended drops the question.
        let _ = jobs.send(Job::Outstanding(node, answer)).await;
        outstanding.await.unwrap_or_default()
    }

    /// The machine's next deadline, as it changes; ends with the group. For one waiter.
    pub fn deadline(&self) -> watch::Receiver<Option<Timestamp>> {
        self.inner.published.deadline()
    }

    /// The instant of the first cron's tick that is not decided, as it changes; ends with the group.
    /// For one waiter.
    pub fn cron(&self) -> watch::Receiver<Option<Timestamp>> {
        self.inner.published.cron()
    }

    /// Changes whenever an approval of the team has; ends with the group.
    pub fn approvals(&self, team: TeamId) -> watch::Receiver<()> {
        self.inner.published.approvals(team)
    }

    /// The crons with a tick to decide at `now` or before, those that have waited longest first; at
    /// most `limit`. Empty once the group has ended.
    pub async fn due_crons(&self, now: Timestamp, limit: usize) -> Vec<Arc<Cron>> {
        let Some(jobs) = self.jobs().clone() else {
            return Vec::new();
        };
        let (answer, due) = oneshot::channel();
        // An applier that has ended drops the question.
        let _ = jobs.send(Job::DueCrons { now, limit, answer }).await;
        due.await.unwrap_or_default()
    }

    /// The team's cron of this label; inner none: it has none. None once the group has ended.
    pub async fn cron_named(&self, team: TeamId, label: Label) -> Option<Option<CronId>> {
        let jobs = self.jobs().clone()?;
        let (answer, named) = oneshot::channel();
        let job = Job::CronNamed {
            team,
            label,
            answer,
        };
        // An applier that has ended drops the question.
        let _ = jobs.send(job).await;
        named.await.ok()
    }

    /// Where the group stands.
    pub fn status(&self) -> Status {
        Status::of(&self.inner.raft)
    }

    /// What is counted and timed of the group.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// What the engines of the log and of the rows use now. It reads directories.
    pub async fn figures(&self) -> (Figures, Figures) {
        let inner = Arc::clone(&self.inner);
        let figures = blocking(move || Ok((inner.log.figures()?, inner.rows.figures()?))).await;
        figures.unwrap_or_else(|error| fatal("look at the disk", &error))
    }

    /// Asks `node` to lead in the place of this node. Whether it leads shows. From then on this node
    /// proposes nothing, and openraft never takes that back: ask only who answers and
    /// [stands](Self::stand). If it dies all the same, the others elect somebody.
    pub async fn hand_over(&self, node: u64) {
        // A core that has ended leads no more.
        let _ = self.inner.raft.trigger().transfer_leader(node).await;
    }

    /// Whether this node stands for election when it misses a leader, and takes over when one hands
    /// over to it; it does from its start on. The first election of a group is not asked.
    pub fn stand(&self, stands: bool) {
        self.inner.stands.store(stands, Ordering::Relaxed);
        self.inner.raft.runtime_config().elect(stands);
    }

    /// The end of this node's log: the last entry, whether it is in the log or was purged from it.
    /// Never before an entry that this node has acknowledged, unless a later leader took that back,
    /// or the group has ended.
    pub fn log_end(&self) -> Option<u64> {
        let log = self.inner.log.last();
        // Rows that were installed are ahead of the log, until that is purged.
        log.max(self.view().next.checked_sub(1))
    }

    /// Whether it was asked to end.
    pub fn is_stopping(&self) -> bool {
        *self.inner.stopping.borrow()
    }

    /// Ends the group: what was proposed and not yet answered is unknown. Returns once the disk is
    /// in order, and used by nothing but clones of this handle and views of its rows.
    pub async fn shutdown(&self) {
        self.inner.stopping.send_replace(true);
        // Only a core that panicked does not join; that ends the process.
        let _ = self.inner.raft.shutdown().await;
        self.jobs().take();
        self.inner.published.end();
        let Running {
            tasks,
            ended,
            snapshots_ended,
        } = self.take_running();
        for task in tasks {
            // A task that panicked has said so.
            let _ = task.await;
        }
        for worker in ended {
            // Ends by being dropped.
            let _ = worker.await;
        }
        if let Some(mut snapshots) = snapshots_ended {
            // openraft leaves a snapshot that it has begun to take to itself.
            snapshots.recv().await;
        }
        let rows = Arc::clone(&self.inner.rows);
        if let Err(error) = blocking(move || rows.flush()).await {
            fatal("flush rows", &error);
        }
    }

    fn jobs(&self) -> MutexGuard<'_, Option<mpsc::Sender<Job>>> {
        self.inner
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn take_running(&self) -> Running {
        let mut running = self
            .inner
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut running)
    }
}

fn outcome(result: ClientWriteResult<TypeConfig>) -> Result<Outcome, ProposeFailure> {
    match result {
        Ok(response) => Ok(response.data),
        // Refused before anything was appended.
        Err(ClientWriteError::ForwardToLeader(to)) => {
            let leader = to.leader_id.map(|node| Leader {
                node,
                address: to.leader_node,
            });
            Err(ProposeFailure::NotLeader { leader })
        }
        Err(
            ClientWriteError::LogEntryDiscarded(_)
            | ClientWriteError::ChangeMembershipError(_)
            | ClientWriteError::PreconditionFailed(_),
        ) => Err(ProposeFailure::Unknown),
    }
}
