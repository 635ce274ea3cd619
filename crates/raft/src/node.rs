//! One Raft group on this node: how it starts, what can be asked of it, how it ends.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ackord_core::State;
use ackord_core::action::Action;
use ackord_core::id::NodeId;
use ackord_core::time::Timestamp;
use ackord_store::{LogStore, RowStore, RowView};
use openraft::async_runtime::WatchReceiver;
use openraft::error::{ClientWriteError, InitializeError, RaftError};
use openraft::raft::ClientWriteResult;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::apply::{Actions, Applier, Job, Published, Snapshots, StateMachine, View};
use crate::config::{self, Options};
use crate::error::{Leader, ProposeFailure, StartError};
use crate::fatal::fatal;
use crate::log::{Log, LogWatch, WriterOptions};
use crate::network::Peers;
use crate::record::{self, Applied};
use crate::retention::Keeper;
use crate::runtime::blocking;
use crate::status::Status;
use crate::types::{Callback, LogId, Outcome, Proposal, Raft, TypeConfig};

/// A running group. Cheap to clone; all clones are the same one. It runs until
/// [`Self::shutdown`]; when it cannot go on, the process ends.
#[derive(Clone)]
pub struct RaftHandle {
    inner: Arc<Inner>,
}

struct Inner {
    raft: Raft,
    rows: Arc<RowStore>,
    published: Arc<Published>,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    stopping: watch::Sender<bool>,
    running: Mutex<Running>,
}

/// What runs for a group: [`RaftHandle::shutdown`] waits for it.
#[derive(Default)]
struct Running {
    tasks: Vec<JoinHandle<()>>,
    /// End with the applier, and with the last use of the log.
    ended: Vec<oneshot::Receiver<()>>,
}

impl fmt::Debug for RaftHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaftHandle")
            .field("node", self.inner.raft.node_id())
            .finish()
    }
}

impl RaftHandle {
    /// Starts the group on this node's disk: restores the machine from its rows, and goes on from
    /// there. What the log has beyond the rows is applied once it is known to be committed; see
    /// [`Self::recovered`].
    ///
    /// # Errors
    /// The disk does not hold what was promised, or the options do not fit together.
    pub async fn start(
        options: &Options,
        log: LogStore,
        rows: RowStore,
    ) -> Result<Self, StartError> {
        let config = config::openraft(options)?;
        if !options.faults.is_none() {
            tracing::warn!(faults = ?options.faults, "faults are armed: this is a test");
        }
        let rows = Arc::new(rows);
        let applied = rows
            .applied()?
            .map(|it| record::decode_applied(&it))
            .transpose();
        let applied = applied.map_err(std::io::Error::from)?.unwrap_or_default();
        let state = State::restore(&*rows)?;
        rows.expire_until(state.meta().now);
        let (log, log_ended) = Log::open(log, options.faults.clone(), writer_options(options))?;
        let watch = log.watch();
        check_rows_against_log(&applied, &watch)?;

        let next = applied.last.map_or(0, |it| it.index + 1);
        let applier = Applier::new(state, next, Arc::clone(&rows), options.faults.clone());
        let published = applier.published();
        let (jobs, applier_ended) = applier.spawn();
        let snapshots = Snapshots::new(Arc::clone(&rows), Arc::clone(&published));
        let machine = StateMachine::new(jobs.clone(), watch.durable(), applied, snapshots);
        let raft = Raft::new(options.node, config, Peers, log, machine)
            .await
            .map_err(|error| StartError::Raft(error.to_string()))?;

        let stopping = watch::Sender::new(false);
        let keeper = Keeper::new(raft.clone(), watch, options.retention);
        let running = Running {
            tasks: vec![
                tokio::spawn(keeper.run(stopping.subscribe())),
                tokio::spawn(end_with_raft(raft.clone(), stopping.subscribe())),
            ],
            ended: vec![log_ended, applier_ended],
        };
        let inner = Inner {
            raft,
            rows,
            published,
            jobs: Mutex::new(Some(jobs)),
            stopping,
            running: Mutex::new(running),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Founds the group with this node as its only member, which its peers would reach at
    /// `address`. Does nothing if the group was founded before.
    ///
    /// # Errors
    /// Raft has ended.
    pub async fn bootstrap(&self, address: &str) -> Result<(), StartError> {
        let raft = &self.inner.raft;
        let members = BTreeMap::from([(*raft.node_id(), address.to_owned())]);
        match raft.initialize(members).await {
            Ok(()) | Err(RaftError::APIError(InitializeError::NotAllowed(_))) => Ok(()),
            Err(error) => Err(StartError::Raft(error.to_string())),
        }
    }

    /// Returns once the machine is at least where it was before this start: only then may anybody
    /// be served. Waits for a leader as long as that takes.
    ///
    /// # Errors
    /// Raft has ended.
    pub async fn recovered(&self) -> Result<(), StartError> {
        let recovered = self.inner.raft.wait_for_recovery(None).await;
        recovered.map_err(|error| StartError::Raft(error.to_string()))?;
        Ok(())
    }

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

    /// Where the group stands.
    pub fn status(&self) -> Status {
        Status::of(&self.inner.raft)
    }

    /// Ends the group: what was proposed and not yet answered is unknown. Returns once the disk is
    /// in order, and used by nothing but clones of this handle and views of its rows.
    pub async fn shutdown(&self) {
        self.inner.stopping.send_replace(true);
        // Only a core that panicked does not join; that ends the process.
        let _ = self.inner.raft.shutdown().await;
        self.jobs().take();
        self.inner.published.end();
        let Running { tasks, ended } = self.take_running();
        for task in tasks {
            // A task that panicked has said so.
            let _ = task.await;
        }
        for worker in ended {
            // Ends by being dropped.
            let _ = worker.await;
        }
        let rows = Arc::clone(&self.inner.rows);
        if let Err(error) = blocking(move || rows.flush()).await {
            fatal("flush rows", &error);
        }
    }

    fn jobs(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Sender<Job>>> {
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

#[cfg_attr(
    not(madsim),
    expect(unused_variables, reason = "only a simulated sync takes options")
)]
fn writer_options(options: &Options) -> WriterOptions {
    WriterOptions {
        #[cfg(madsim)]
        sync_max: options.sync_max,
    }
}

/// Rows never lead the log, and the log is purged only behind the rows: anything else was lost.
fn check_rows_against_log(applied: &Applied, log: &LogWatch) -> Result<(), StartError> {
    let index = |it: Option<LogId>| it.map(|it| it.index);
    let (applied, end, purged) = (index(applied.last), index(log.last()), index(log.purged()));
    if let Some(applied) = applied.filter(|it| Some(*it) > end) {
        return Err(StartError::LogLost { applied, end });
    }
    if let Some(purged) = purged.filter(|it| Some(*it) > applied) {
        return Err(StartError::RowsLost { applied, purged });
    }
    Ok(())
}

/// Ends the process when Raft ends without having been asked to.
async fn end_with_raft(raft: Raft, stopping: watch::Receiver<bool>) {
    let mut metrics = raft.server_metrics();
    while metrics.changed().await.is_ok() {}
    if !*stopping.borrow() {
        let state = raft.metrics().borrow_watched().running_state.clone();
        match state {
            Ok(()) => fatal("raft", &std::io::Error::other("raft has ended")),
            Err(error) => fatal("raft", &error),
        }
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
