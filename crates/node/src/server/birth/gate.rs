//! The door of a disk: who the node is, and whom it lets bind it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use ackord_core::id::NodeId;
use ackord_machine::failpoint::{Faults, Point};
use ackord_machine::{Clock, Machine};
use ackord_peer::{Host, PrepareRefusal};
use ackord_proto::peer::{
    HelloResponse, JoinRequest, JoinResponse, PrepareRequest, PrepareResponse,
};
use ackord_store::{AdoptError, Identity, Members, Owner};
use ackord_tls::Mutual;
use futures::future::{BoxFuture, FutureExt, ready};
use rand::RngExt;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::super::StartError;
use super::{FOUNDER, drawn, hex, welcome};
use crate::config::Cluster;

/// Addresses of an invitation that are remembered.
const INVITED_MAX: usize = 64;

/// Answers peers before there is a machine, and after that too. Cheap to clone; all clones are the
/// same one.
#[derive(Clone)]
pub(in super::super) struct Gate(Arc<Inner>);

struct Inner {
    owner: Mutex<Owner>,
    /// The first members, as the configuration says.
    members: Members,
    /// This node's number among them; none: it is to join them.
    own: Option<NodeId>,
    /// Where its peers reach this node.
    address: String,
    /// Members that have said that they would take this node in.
    invited: Mutex<BTreeSet<String>>,
    tls: Option<Mutual>,
    /// The end of the log as the start found it.
    log_end: Option<u64>,
    bound: Notify,
    /// The disks of other first members, as they were bound.
    disks: Mutex<BTreeMap<NodeId, u64>>,
    machine: OnceLock<Machine>,
    clock: Arc<dyn Clock>,
    faults: Faults,
    /// The greatest format that the program knows.
    format: u32,
}

impl Gate {
    /// The door of a disk, if it is the one that the configuration means.
    ///
    /// # Errors
    /// It is the disk of another member, or of another cluster than that of these members.
    pub(in super::super) fn new(
        owner: Owner,
        cluster: &Cluster,
        tls: Option<Mutual>,
        log_end: Option<u64>,
        options: &ackord_machine::Options,
    ) -> Result<Self, StartError> {
        let members = cluster.members();
        let address = cluster.address();
        check(&owner, &members, &address, log_end.is_some())?;
        Ok(Self(Arc::new(Inner {
            owner: Mutex::new(owner),
            own: cluster.own_number(),
            members,
            address,
            invited: Mutex::default(),
            tls,
            log_end,
            bound: Notify::new(),
            disks: Mutex::default(),
            machine: OnceLock::new(),
            clock: Arc::clone(&options.clock),
            faults: options.raft.faults.clone(),
            format: options.raft.format,
        })))
    }

    /// The first members of the cluster, as the disk says, or the configuration before it does. Of
    /// a node that has joined: that node.
    pub(in super::super) fn members(&self) -> Members {
        let owner = self.owner();
        owner.members().unwrap_or(&self.0.members).clone()
    }

    /// All that the configuration names but this node.
    pub(super) fn others(&self) -> impl Iterator<Item = (NodeId, &str)> {
        let others = self.0.members.iter();
        let others = others.filter(|(_, address)| **address != self.0.address);
        others.map(|(node, address)| (*node, address.as_str()))
    }

    /// Where members may be found: as the configuration, the log and invitations say.
    pub(super) fn known_addresses(&self) -> BTreeSet<String> {
        let mut known = self.invited().clone();
        known.extend(self.0.members.values().cloned());
        if let Some(machine) = self.0.machine.get() {
            known.extend(machine.status().members.into_iter().map(|it| it.address));
        }
        known.remove(&self.0.address);
        known
    }

    /// The same, and this node.
    pub(in super::super) fn addresses(&self) -> Vec<String> {
        let mut known = self.known_addresses();
        known.insert(self.0.address.clone());
        known.into_iter().collect()
    }

    /// What connections to peers are made with.
    pub(super) fn tls(&self) -> Option<&Mutual> {
        self.0.tls.as_ref()
    }

    /// Where its peers reach this node.
    pub(super) fn address(&self) -> &str {
        &self.0.address
    }

    /// Whether the configuration has this node among those that the cluster begins with.
    pub(super) fn is_first(&self) -> bool {
        self.0.own.is_some()
    }

    /// Whether this node is the one that founds, if nobody has.
    pub(super) fn founds(&self) -> bool {
        self.0.own == Some(FOUNDER)
    }

    /// Whether the log had anything at the start.
    pub(super) fn has_log(&self) -> bool {
        self.0.log_end.is_some()
    }

    /// Who the node is; none if its disk is not bound yet.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.owner().identity()
    }

    /// Draws a new cluster and binds this disk to it; if it is bound, answers to which.
    pub(super) fn draw(&self) -> Result<Identity, StartError> {
        let mut owner = self.owner();
        if let Some(identity) = owner.identity() {
            return Ok(identity);
        }
        let incarnation = owner.mark(rand::rng().random())?;
        let identity = Identity {
            incarnation,
            ..drawn(FOUNDER)
        };
        owner.bind(identity, &self.0.members)?;
        self.0.faults.hit(Point::BirthBound);
        Ok(identity)
    }

    /// The incarnation of this disk, durable.
    pub(super) fn mark(&self) -> Result<u64, StartError> {
        Ok(self.owner().mark(rand::rng().random())?)
    }

    /// Binds this disk to the number that it was given in a cluster.
    pub(super) fn joined(&self, cluster: u128, node: NodeId) -> Result<Identity, StartError> {
        let mut owner = self.owner();
        let incarnation = owner.mark(rand::rng().random())?;
        let identity = Identity {
            cluster,
            node,
            incarnation,
        };
        let itself = Members::from([(node, self.0.address.clone())]);
        owner.bind(identity, &itself)?;
        Ok(identity)
    }

    /// Waits until somebody has bound this disk. For one waiter.
    pub(super) async fn bound(&self) -> Identity {
        loop {
            if let Some(identity) = self.identity() {
                return identity;
            }
            self.0.bound.notified().await;
        }
    }

    /// Another member has said which disk it is on.
    pub(super) fn heard_disk(&self, node: NodeId, incarnation: u64) {
        self.disks().insert(node, incarnation);
    }

    /// The disk of another member, if it has said so to this process.
    pub(in super::super) fn disk_of(&self, node: NodeId) -> Option<u64> {
        self.disks().get(&node).copied()
    }

    /// The machine, once it is there.
    pub(super) fn machine(&self) -> Option<&Machine> {
        self.0.machine.get()
    }

    fn invited(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0
            .invited
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn disks(&self) -> MutexGuard<'_, BTreeMap<NodeId, u64>> {
        self.0.disks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody has bound this disk, invites this node, or so long. For one waiter.
    pub(super) async fn bound_or_invited(&self, limit: Duration) -> Option<Identity> {
        // Whichever it was, one looks.
        let _in_time = timeout(limit, self.0.bound.notified()).await;
        self.identity()
    }

    pub(super) fn passes(&self, point: Point) {
        self.0.faults.hit(point);
    }

    /// From now on the node's log is the machine's.
    pub(in super::super) fn opened(&self, machine: Machine) {
        // Only the first one counts, and there is one.
        let _first = self.0.machine.set(machine);
    }

    fn owner(&self) -> MutexGuard<'_, Owner> {
        self.0.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bind(&self, request: &PrepareRequest) -> Result<PrepareResponse, PrepareRefusal> {
        let malformed = |what: &str| PrepareRefusal::Malformed(what.to_owned());
        let cluster = <[u8; 16]>::try_from(&*request.cluster).map(u128::from_be_bytes);
        let cluster = cluster.ok().filter(|it| *it != 0);
        let cluster = cluster.ok_or_else(|| malformed("cluster: 16 bytes, not all zero"))?;
        let members = request.members.iter();
        let members: Members = members
            .map(|it| (NodeId(it.node), it.address.clone()))
            .collect();
        let own = self.0.own.filter(|it| it.0 == request.node);
        let Some(own) = own.filter(|_| members == self.0.members) else {
            let list = |it: &Members| it.values().cloned().collect::<Vec<_>>().join(", ");
            return Err(PrepareRefusal::Disagrees(format!(
                "at {} its members are {}, the caller's {}",
                self.0.address,
                list(&self.0.members),
                list(&members),
            )));
        };
        if self.founds() {
            let what = "it begins the cluster itself";
            return Err(PrepareRefusal::Disagrees(what.to_owned()));
        }
        let mut owner = self.owner();
        let is_new = owner.identity().is_none();
        let incarnation = owner.mark(rand::rng().random()).map_err(refused)?;
        let identity = Identity {
            cluster,
            node: own,
            incarnation,
        };
        owner.bind(identity, &members).map_err(refused)?;
        drop(owner);
        if is_new {
            tracing::info!(cluster = %hex(cluster), node = %identity.node, "the disk is bound");
            self.0.faults.hit(Point::BirthBound);
        }
        self.0.bound.notify_one();
        Ok(PrepareResponse {
            incarnation: identity.incarnation,
        })
    }
}

impl Host for Gate {
    fn hello(&self) -> HelloResponse {
        let identity = self.identity();
        let status = self.0.machine.get().map(Machine::status);
        let log_end = status.as_ref().map_or(self.0.log_end, |it| it.last_log);
        let wall = self.0.clock.read().wall;
        HelloResponse {
            cluster: identity
                .map(|it| it.cluster.to_be_bytes().to_vec().into())
                .unwrap_or_default(),
            node: identity.map_or(0, |it| it.node.0),
            incarnation: self.owner().incarnation().unwrap_or_default(),
            log_end,
            format: self.0.format,
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            leader: status.and_then(|it| it.leader).unwrap_or_default(),
            address: self.0.address.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..HelloResponse::default()
        }
    }

    /// The one write to the disk is done by whoever is there: it happens once in a disk's life.
    fn prepare(
        &self,
        request: PrepareRequest,
    ) -> BoxFuture<'static, Result<PrepareResponse, PrepareRefusal>> {
        ready(self.bind(&request)).boxed()
    }

    fn join(&self, request: JoinRequest) -> BoxFuture<'static, JoinResponse> {
        let gate = self.clone();
        async move { welcome::answer(&gate, request).await }.boxed()
    }

    fn invite(&self, members: Vec<String>) {
        if self.identity().is_none() {
            tracing::info!(?members, "a cluster would take this node in");
            *self.invited() = members.into_iter().take(INVITED_MAX).collect();
            self.0.bound.notify_one();
        }
    }
}

fn refused(error: AdoptError) -> PrepareRefusal {
    match error {
        AdoptError::Taken { .. }
        | AdoptError::OtherMembers { .. }
        | AdoptError::OtherCluster { .. } => PrepareRefusal::Bound(error.to_string()),
        AdoptError::Io(source) => PrepareRefusal::Failed(source.to_string()),
    }
}

/// Whether the disk is the one that the configuration means. Who the members are it may say only
/// until the cluster has begun; from then on the log does.
fn check(owner: &Owner, members: &Members, address: &str, has_log: bool) -> Result<(), StartError> {
    let (Some(identity), Some(found)) = (owner.identity(), owner.members()) else {
        return Ok(());
    };
    if found.is_empty() {
        return Err(StartError::BeganAlone);
    }
    let own = found.get(&identity.node).map(String::as_str);
    if own != Some(address) {
        return Err(StartError::OtherMember {
            node: identity.node,
            found: own.unwrap_or_default().to_owned(),
            expected: address.to_owned(),
        });
    }
    let has_joined = identity.node != FOUNDER && found.len() == 1;
    if !has_log && !has_joined && found != members {
        return Err(StartError::OtherMembers {
            found: found.clone(),
            expected: members.clone(),
        });
    }
    Ok(())
}
