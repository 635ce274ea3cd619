//! The applier: the one hand that holds the machine's state. It has a thread of its own, for
//! applying reads the disk; under simulation it is a task.

use std::sync::Arc;

use ackord_core::action::Action;
use ackord_core::command::Entry as CoreEntry;
use ackord_core::id::{CronId, NodeId, TeamId};
use ackord_core::model::Cron;
use ackord_core::planted::{Bug, is_planted};
use ackord_core::text::Label;
use ackord_core::time::Timestamp;
use ackord_core::{Applied, State, format_of};
use ackord_store::{Received, RowStore};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

#[cfg(madsim)]
use super::planted;
use super::{Directory, Item, Published, Responder, View};
use crate::config::Options;
use crate::error::StartError;
use crate::failpoint::{Faults, Point};
use crate::fatal::fatal;
use crate::metrics::Metrics;
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
    /// Say which cron of a team has this label.
    CronNamed {
        /// The team.
        team: TeamId,
        /// The label.
        label: Label,
        /// Told its id, if there is one.
        answer: oneshot::Sender<Option<CronId>>,
    },
    /// Say which crons have a tick to decide.
    DueCrons {
        /// At this instant or before.
        now: Timestamp,
        /// At most so many.
        limit: usize,
        /// Told those that have waited longest.
        answer: oneshot::Sender<Vec<Arc<Cron>>>,
    },
}

/// See the module.
pub(crate) struct Applier {
    /// This node.
    node: u64,
    /// Those of this node who wait for what others proposed.
    tickets: Arc<dyn Tickets>,
    /// The greatest format that this program knows.
    format: u32,
    state: State,
    rows: Arc<RowStore>,
    published: Arc<Published>,
    directory: Arc<Directory>,
    faults: Faults,
    metrics: Metrics,
    #[cfg(madsim)]
    planted: planted::Planted,
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
            format: options.format,
            state,
            rows,
            published,
            directory,
            faults: options.faults.clone(),
            metrics: options.metrics.clone(),
            #[cfg(madsim)]
            planted: planted::Planted::new(options.node),
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
        self.metrics.apply_progress.begins();
        self.carry_out(job);
        self.metrics.apply_progress.ends();
    }

    fn carry_out(&mut self, job: Job) {
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
            Job::CronNamed {
                team,
                label,
                answer,
            } => {
                let _ = answer.send(self.state.cron_named(team, &label));
            }
            Job::DueCrons { now, limit, answer } => {
                let _ = answer.send(self.state.due_crons(now, limit));
            }
        }
    }

    /// Rows first, in one write; then everybody may know.
    fn apply(&mut self, batch: Vec<Item>, applied: Bytes) {
        let Some(last) = batch.last().map(|(entry, _)| entry.log_id) else {
            return;
        };
        let begun = Instant::now();
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
        self.published.changed(&changes);
        let (entries, commands) = (
            outcomes.len(),
            outcomes.iter().map(|it| it.answers.len()).sum(),
        );
        for ((entry, responder), outcome) in batch.into_iter().zip(outcomes) {
            self.answer(&entry.payload, responder, outcome);
        }
        self.tickets.reached(last.leader_id.term);
        self.published.act(actions);
        self.metrics.applied(begun.elapsed(), entries, commands);
    }

    /// Switches to other rows, and begins anew from them.
    fn install(&mut self, received: Received, last: LogId) {
        self.faults.hit(Point::BeforeSnapshotSwitch);
        if let Err(error) = self.rows.install(received) {
            fatal("install a snapshot", &error);
        }
        #[cfg(madsim)]
        planted::spoil(&self.rows);
        self.faults.hit(Point::AfterSnapshotSwitch);
        let state = format_of(&*self.rows).and_then(|format| {
            // Rows of a newer format may not even be understood.
            self.refuse_newer("a snapshot", format);
            State::restore(&*self.rows)
        });
        let state = state.unwrap_or_else(|it| fatal("restore the machine from a snapshot", &it));
        self.state = state.knowing(self.format);
        self.rows.expire_until(self.state.meta().now);
        self.directory = Arc::new(Directory::of(&self.state));
        let next = last.index + 1;
        self.published
            .publish(View::of(&self.state, next, Arc::clone(&self.directory)));
        self.tickets.skipped();
        self.tickets.reached(last.leader_id.term);
        self.published.skip();
        self.metrics.snapshot_installed();
        tracing::info!(upto = last.index, "a snapshot was installed");
    }

    /// Ends the process before anything that it does not understand: to skip it would be to differ
    /// from all others.
    fn refuse_newer(&self, what: &str, needed: u32) {
        let known = self.format;
        if needed > known {
            fatal(what, &StartError::Newer { needed, known });
        }
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
                    let entry = decode(index, proposal, self.format);
                    #[cfg(madsim)]
                    let entry = self.planted.entry(entry);
                    now = now.max(entry.at);
                    run.entry(index, &entry)
                        .unwrap_or_else(|it| fatal("apply entry", &it))
                }
                Payload::Membership(it) => {
                    if it.get_joint_config().len() > 1 {
                        self.faults.hit(Point::MidJointChange);
                    }
                    Vec::new()
                }
                Payload::Blank => Vec::new(),
            };
            let before = u64::from(is_planted(Bug::PositionBefore));
            outcomes.push(Outcome {
                index: index - before,
                at: now,
                answers,
            });
        }
        (outcomes, run.finish())
    }
}

/// The entry that was proposed: as it was, where this node proposed it itself.
fn decode(index: u64, proposal: &Proposal, known: u32) -> Arc<CoreEntry> {
    if let Some(entry) = &proposal.entry {
        return Arc::clone(entry);
    }
    match ackord_proto::entry::decode_known(proposal.bytes.clone(), known) {
        Ok(entry) => Arc::new(entry),
        Err(_) if is_planted(Bug::UnknownEntrySkipped) => Arc::new(CoreEntry {
            format: known,
            at: Timestamp(0),
            commands: Vec::new(),
        }),
        Err(error) => fatal(&format!("decode entry {index}"), &error),
    }
}
