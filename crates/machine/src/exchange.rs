//! The exchange: every member asks every other one once a second who it is, how its log ends and
//! what time it is there. From the answers come the [cluster's clock](crate::cluster_clock), what
//! this process [remembers](crate::acquaintances) of other disks, and what others remember of this
//! node's own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ackord_core::planted::{Bug, is_planted};
use ackord_proto::peer::HelloResponse;
use ackord_raft::{RaftHandle, Roster, StartError, fatal};
use futures::future::join_all;
use tokio::time::sleep;

use crate::Machine;
use crate::acquaintances::Met;
use crate::fitness::Fitness;
use crate::introductions::Introductions;

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(1);
/// The same while this node does not know enough to lead.
const EVERY_SOON: Duration = Duration::from_millis(50);

/// See the module.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) introductions: Introductions,
    pub(crate) fitness: Fitness,
    raft: RaftHandle,
    /// Everybody was asked once.
    asked_all: AtomicBool,
}

impl Exchange {
    pub(crate) fn new(introductions: Introductions, fitness: Fitness, raft: RaftHandle) -> Self {
        Self {
            introductions,
            fitness,
            raft,
            asked_all: AtomicBool::new(false),
        }
    }

    /// Runs until it is dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.round().await;
            let pause = if self.fitness.is_sure() {
                EVERY
            } else {
                EVERY_SOON
            };
            sleep(pause).await;
        }
    }

    async fn round(&self) {
        let status = self.raft.status();
        self.fitness.heed(&status);
        self.introductions.need_format(self.raft.view().format);
        let roster = self.roster();
        let nodes: Vec<u64> = roster.members().map(|it| it.0).collect();
        self.introductions.known.retain(&nodes);
        let others = roster.members().filter(|it| it.0 != status.node);
        join_all(others.map(|(node, address)| self.ask(node, address))).await;
        if !status.members.is_empty() {
            self.asked_all.store(true, Ordering::Relaxed);
        }
        self.fitness.judge(&self.raft).await;
        // Before it has recalled, a node does not start; after that it is too late for it.
        if self.fitness.is_recalled()
            && let Err(error) = self.recollect()
        {
            fatal("this node cannot go on", &io::Error::other(error));
        }
    }

    async fn ask(&self, node: u64, address: &str) {
        if let Err(error) = self.introductions.meet(node, address).await {
            tracing::debug!(node, %error, "a member is not met");
        }
    }

    /// Who is in the group. A node that has been away may have a log from the middle of a change of
    /// members, or from before it, whose members are gone: before it has recalled, it goes by
    /// whoever's log has them later.
    fn roster(&self) -> Roster {
        let own = self.raft.roster();
        if self.fitness.is_recalled() {
            return own;
        }
        let told = self.introductions.known.rosters();
        told.into_iter().fold(own, Roster::or_later)
    }

    /// Returns once all others have been asked, and a quorum, this node included, has said what it
    /// remembers of this node's disk: from then on this node may vote and stand for election. Needs
    /// [`Self::run`].
    ///
    /// # Errors
    /// The disk lacks what it had, or the cluster has a format that this program does not know.
    pub(crate) async fn recalled(&self) -> Result<(), StartError> {
        let has_members = self.raft.has_members().await?;
        while has_members && !self.has_recalled()? {
            sleep(EVERY_SOON).await;
        }
        self.fitness.recalled(&self.raft);
        Ok(())
    }

    fn has_recalled(&self) -> Result<bool, StartError> {
        let heard = self.recollect()?;
        let own = self.raft.status().node;
        let asked_all = self.asked_all.load(Ordering::Relaxed);
        Ok(asked_all
            && self
                .roster()
                .has_quorum(|it| it == own || heard.contains(&it)))
    }

    /// Holds what others remember of this node's disk against it. Answers who has been heard.
    fn recollect(&self) -> Result<Vec<u64>, StartError> {
        let (roster, known) = (self.roster(), &self.introductions.known);
        let met = |(node, address)| Some((node, address, known.last(node)?));
        let met: Vec<(u64, &str, Met)> = roster.members().filter_map(met).collect();
        // Read after all answers: what they speak of was in the log before.
        let end = self.raft.log_end();
        for (_, address, met) in &met {
            let (known, needed) = (self.introductions.format, met.cluster_format);
            if needed > known && !is_planted(Bug::UnknownEntrySkipped) {
                return Err(StartError::Newer { needed, known });
            }
            if let Some(kept) = met.remembers.filter(|it| Some(*it) > end) {
                return Err(StartError::LogBehind {
                    end,
                    kept,
                    told_by: (*address).to_owned(),
                });
            }
        }
        Ok(met.iter().map(|it| it.0).collect())
    }
}

impl Machine {
    /// Tells this process from earlier ones of the node; not zero.
    pub fn run(&self) -> u64 {
        self.desk.run.max(1)
    }

    /// Adds what the machine knows to who this node says it is, for `caller` on a disk of this
    /// `incarnation`.
    pub fn introduce(&self, caller: u64, incarnation: u64, hello: &mut HelloResponse) {
        let known = &self.exchange.introductions.known;
        let wall = self.desk.clocks.read().wall;
        let view = self.view();
        // In this order: the log has what was applied.
        hello.kept = view.next.checked_sub(1);
        hello.log_end = self.raft.log_end();
        hello.kept_by_caller = known.kept(caller, incarnation);
        hello.cluster_format = view.format;
        hello.format = self.known_format();
        hello.wall_ms = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        hello.leader = self.status().leader.unwrap_or_default();
        // After the end of the log, which a group that ends does not know any more.
        hello.serves = !self.raft.is_stopping();
        hello.run = self.run();
        (hello.members_at, hello.members) = self.raft.roster().to_stored();
    }
}
