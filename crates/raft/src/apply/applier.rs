//! The applier: the one hand that holds the machine's state. It has a thread of its own, for
//! applying reads the disk; under simulation it is a task.

use std::sync::Arc;

use ackord_core::action::Action;
use ackord_core::command::Entry as CoreEntry;
use ackord_core::id::NodeId;
use ackord_core::{Applied, State};
use ackord_store::{Received, RowStore};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{Directory, Item, Published, Responder, View};
use crate::config::Options;
use crate::failpoint::{Faults, Point};
use crate::fatal::fatal;
use crate::tickets::{self, Tickets};
use crate::types::{LogId, Outcome, Payload, Proposal};

/// What may wait for the applier.
const JOBS_WAITING_MAX: usize = 16;

/// What the applier is asked to do.
pub(crate) enum Job {
    /// Apply entries, which this node's own log has on disk.
    Apply {
        /// In order, after all earlier ones.
        batch: Vec<Item>,
        /// How far the rows are with them, encoded.
        applied: Bytes,
        /// Told once it is done.
        done: oneshot::Sender<()>,
    },
    /// Put other rows, flushed ones, in the place of all.
    Install {
        /// Those rows.
        received: Received,
        /// The last entry that they have.
        last: LogId,
        /// Told once it is done.
        done: oneshot::Sender<()>,
    },
    /// Say what a node should be doing now.
    Outstanding(NodeId, oneshot::Sender<Vec<Action>>),
}

/// See the module.
pub(crate) struct Applier {
    /// This node.
    node: u64,
    /// Those of this node who wait for what others proposed.
    tickets: Arc<dyn Tickets>,
    state: State,
    rows: Arc<RowStore>,
    published: Arc<Published>,
    directory: Arc<Directory>,
    faults: Faults,
}

impl Applier {
    /// An applier of `state`, which the entries before `next` have made.
    pub(crate) fn new(
        options: &Options,
        tickets: Arc<dyn Tickets>,
        state: State,
        next: u64,
        rows: Arc<RowStore>,
    ) -> Self {
        let directory = Arc::new(Directory::of(&state));
        let view = View::of(&state, next, Arc::clone(&directory));
        let published = Arc::new(Published::new(view));
        Self {
            node: options.node,
            tickets,
            state,
            rows,
            published,
            directory,
            faults: options.faults.clone(),
        }
    }

    pub(crate) fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published)
    }

    /// Runs until every sender is gone; the receiver ends with it.
    pub(crate) fn spawn(mut self) -> (mpsc::Sender<Job>, oneshot::Receiver<()>) {
        let (jobs, mut inbox) = mpsc::channel(JOBS_WAITING_MAX);
        let (alive, ended) = oneshot::channel();
        #[cfg(not(madsim))]
        std::thread::Builder::new()
            .name("ackord-apply".to_owned())
            .spawn(move || {
                while let Some(job) = inbox.blocking_recv() {
                    self.run(job);
                }
                // Whoever waits for the end may open the disk again at once.
                drop(self);
                drop(alive);
            })
            .expect("the system can start a thread");
        #[cfg(madsim)]
        tokio::spawn(async move {
            while let Some(job) = inbox.recv().await {
                self.run(job);
            }
            drop(self);
            drop(alive);
        });
        (jobs, ended)
    }

    fn run(&mut self, job: Job) {
        match job {
            Job::Apply {
                batch,
                applied,
                done,
            } => {
                self.apply(batch, applied);
                // Whoever asked may be gone.
                let _ = done.send(());
            }
            Job::Install {
                received,
                last,
                done,
            } => {
                self.install(received, last);
                let _ = done.send(());
            }
            Job::Outstanding(node, answer) => {
                let _ = answer.send(self.state.outstanding(node));
            }
        }
    }

    /// Rows first, in one write; then everybody may know.
    fn apply(&mut self, batch: Vec<Item>, applied: Bytes) {
        let Some(last) = batch.last().map(|(entry, _)| entry.log_id) else {
            return;
        };
        self.faults.hit(Point::AfterCommitBeforeReply);
        let (outcomes, Applied { changes, actions }) = self.run_entries(&batch);
        if let Err(error) = self.rows.commit(&changes, applied) {
            fatal("write rows", &error);
        }
        self.faults.hit(Point::BetweenRowCommitAndReply);
        if let Some(directory) = self.directory.after(&changes) {
            self.directory = Arc::new(directory);
        }
        let next = last.index + 1;
        self.published
            .publish(View::of(&self.state, next, Arc::clone(&self.directory)));
        for ((entry, responder), outcome) in batch.into_iter().zip(outcomes) {
            self.answer(&entry.payload, responder, outcome);
        }
        self.tickets.reached(last.leader_id.term);
        self.published.act(actions);
    }

    /// Switches to other rows, and begins anew from them.
    fn install(&mut self, received: Received, last: LogId) {
        self.faults.hit(Point::BeforeSnapshotSwitch);
        if let Err(error) = self.rows.install(received) {
            fatal("install a snapshot", &error);
        }
        self.faults.hit(Point::AfterSnapshotSwitch);
        self.state = State::restore(&*self.rows)
            .unwrap_or_else(|it| fatal("restore the machine from a snapshot", &it));
        self.rows.expire_until(self.state.meta().now);
        self.directory = Arc::new(Directory::of(&self.state));
        let next = last.index + 1;
        self.published
            .publish(View::of(&self.state, next, Arc::clone(&self.directory)));
        self.tickets.skipped();
        self.tickets.reached(last.leader_id.term);
        self.published.skip();
        tracing::info!(upto = last.index, "a snapshot was installed");
    }

    /// Tells whoever proposed an entry, or whoever of this node had another one propose it.
    fn answer(&self, payload: &Payload, responder: Option<Responder>, outcome: Outcome) {
        if let Payload::Normal(proposal) = payload {
            tickets::tell(&*self.tickets, self.node, &proposal.origins, &outcome);
        }
        if let Some(responder) = responder {
            responder.send(outcome);
        }
    }

    fn run_entries(&mut self, batch: &[Item]) -> (Vec<Outcome>, Applied) {
        let mut now = self.state.meta().now;
        let mut run = self.state.begin(&*self.rows);
        let mut outcomes = Vec::with_capacity(batch.len());
        for (entry, _) in batch {
            let index = entry.log_id.index;
            let answers = match &entry.payload {
                Payload::Normal(proposal) => {
                    let entry = decode(index, proposal);
                    now = now.max(entry.at);
                    run.entry(index, &entry)
                        .unwrap_or_else(|it| fatal("apply entry", &it))
                }
                Payload::Blank | Payload::Membership(_) => Vec::new(),
            };
            outcomes.push(Outcome {
                index,
                at: now,
                answers,
            });
        }
        (outcomes, run.finish())
    }
}

/// The entry that was proposed: as it was, where this node proposed it itself.
fn decode(index: u64, proposal: &Proposal) -> Arc<CoreEntry> {
    if let Some(entry) = &proposal.entry {
        return Arc::clone(entry);
    }
    match ackord_proto::entry::decode(proposal.bytes.clone()) {
        Ok(entry) => Arc::new(entry),
        Err(error) => fatal(&format!("decode entry {index}"), &error),
    }
}
