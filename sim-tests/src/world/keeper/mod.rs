//! Who looks after the servers: adds them, gives them other disks, replaces and removes them, by the
//! calls that an operator has. Everything else breaks meanwhile.
//!
//! The keeper knows which disks are to be members. Whatever a chore does, it ends in the same way:
//! until the members are those, it asks for the next step.

mod chores;
mod mistakes;
mod settle;
mod upgrade;

use std::time::Duration;

use ackord_client::{Client, Error, Options, v1};
use ackord_machine::failpoint::Point;

use super::host::Host;
use super::process::ADMIN;
use super::recorder::outcome_of;
use super::scene::Scene;
use super::server::{Hold, Server};
use crate::draw::Draw;
use crate::history::{Answer, Ask, Op, Outcome, Who};
use crate::plan::{Chore, NEXT_FORMAT};

/// How long a call is tried.
const PATIENCE: Duration = Duration::from_secs(6);
/// Longest pause between two chores, in milliseconds.
const PAUSE_MAX: u64 = 3_000;
/// Longest pause between two steps of a chore, in milliseconds.
const STEP_MAX: u64 = 700;

/// See the module.
pub(super) struct Keeper {
    scene: Scene,
    servers: Vec<Server>,
    client: Client,
    draw: Draw,
    /// Servers that are no part of the cluster: nobody else touches them.
    out: Vec<Hold>,
    /// Those that are about to leave it.
    leaving: Vec<usize>,
    /// The number of the latest copy of a disk. No two disks of a run have the same one.
    copies: usize,
}

/// Does chores until the storm is over, then puts everything in order.
pub(super) async fn run(scene: Scene, servers: Vec<Server>, host: Host) {
    if scene.plan.cluster.chores.is_empty() {
        return;
    }
    let work = async move {
        let mut keeper = Keeper::new(scene, servers, 1_000);
        keeper.work().await;
    };
    // A stalled host goes on in the end; nothing kills it.
    let _ended = host.spawn(work).await;
}

/// Puts everything in order, once nothing is broken any more.
pub(super) async fn settle(scene: &Scene, servers: &[Server], host: &Host) {
    if scene.plan.cluster.chores.is_empty() {
        return;
    }
    let (scene, servers) = (scene.clone(), servers.to_vec());
    let work = async move { Keeper::new(scene, servers, 2_000).settle().await };
    host.spawn(work).await.expect("nothing is broken any more");
}

impl Keeper {
    fn new(scene: Scene, servers: Vec<Server>, copies: usize) -> Self {
        let options = Options {
            servers: scene.servers.clone(),
            deadline: PATIENCE,
            ..Options::new("", ADMIN)
        };
        let out = servers.iter().filter(|it| it.is_out());
        Self {
            client: Client::new(options).expect("the addresses are addresses"),
            draw: scene.draw.fork("keeper"),
            out: out.filter_map(Server::hold).collect(),
            leaving: Vec::new(),
            copies,
            scene,
            servers,
        }
    }

    async fn work(&mut self) {
        let chores = self.scene.plan.cluster.chores.iter().copied();
        let chores: Vec<Chore> = chores.filter(|it| !it.needs_calm()).collect();
        while !chores.is_empty() && !self.scene.is_calm() {
            self.finish().await;
            let pause = self.draw.millis(200..=PAUSE_MAX);
            self.scene.pause(pause).await;
            if !self.scene.is_calm() {
                let chore = *self.draw.pick(&chores);
                self.begin(chore).await;
            }
        }
    }

    /// Takes one step after the other, until the members are those that are to be or the storm is
    /// over.
    pub(super) async fn finish(&mut self) {
        while !self.step().await && !self.scene.is_calm() {
            let pause = self.draw.millis(100..=STEP_MAX);
            self.scene.pause(pause).await;
        }
    }

    /// Somebody may die in the middle of the next change.
    fn endanger(&mut self) {
        if !self.draw.chance(40) || self.scene.is_calm() {
            return;
        }
        let server = self.draw.pick(&self.servers).clone();
        if let Some(hold) = server.hold() {
            tokio::spawn(async move {
                server.die_at(Point::MidJointChange, 1, PATIENCE).await;
                drop(hold);
            });
        }
    }

    /// Asks for a change, and records that.
    async fn ask(&self, ask: Ask) -> bool {
        let recorder = &self.scene.recorder;
        let id = recorder.invoke(Who::Keeper, Op::Members(ask));
        let outcome = match self.call(ask).await {
            Ok(()) => Outcome::Ok(Answer::Somewhere),
            Err(error) => outcome_of(&error),
        };
        let done = outcome.answer().is_some();
        recorder.end(Who::Keeper, id, outcome);
        done
    }

    async fn call(&self, ask: Ask) -> Result<(), Error> {
        let name = |node: u64| format!("node_{node}");
        let client = &self.client;
        match ask {
            Ask::Add { server } => {
                let address = self.server(server).peer_address();
                let added = client.add_node(v1::AddNodeRequest { address });
                added.await.map(|_| ())
            }
            Ask::Promote(node) => {
                let node_id = name(node);
                let promoted = client.promote_node(v1::PromoteNodeRequest { node_id });
                promoted.await.map(|_| ())
            }
            Ask::Replace { old, new } => {
                let (old_node_id, new_node_id) = (name(old), name(new));
                let replaced = client.replace_node(v1::ReplaceNodeRequest {
                    old_node_id,
                    new_node_id,
                });
                replaced.await.map(|_| ())
            }
            Ask::Remove(node) => {
                let node_id = name(node);
                let removed = client.remove_node(v1::RemoveNodeRequest { node_id });
                removed.await.map(|_| ())
            }
            Ask::Lead(node) => {
                let node_id = node.map(name).unwrap_or_default();
                let led = client.transfer_leader(v1::TransferLeaderRequest { node_id });
                led.await.map(|_| ())
            }
            Ask::RaiseFormat => {
                let raised = client.raise_format(v1::RaiseFormatRequest {
                    format: NEXT_FORMAT,
                });
                raised.await.map(|_| ())
            }
        }
    }

    fn server(&self, number: usize) -> &Server {
        &self.servers[number - 1]
    }
}
