//! The door of a disk: who the node is, and whom it lets bind it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ackord_core::FORMAT;
use ackord_core::id::NodeId;
use ackord_machine::failpoint::{Faults, Point};
use ackord_machine::{Clock, Machine};
use ackord_peer::{Host, PrepareRefusal};
use ackord_proto::peer::{HelloResponse, PrepareRequest, PrepareResponse};
use ackord_store::{AdoptError, Identity, Members, Owner};
use futures::future::{BoxFuture, FutureExt, ready};
use rand::RngExt;
use tokio::sync::Notify;

use super::super::StartError;
use super::{FOUNDER, drawn, hex};
use crate::config::Cluster;

/// Answers peers before there is a machine, and after that too. Cheap to clone; all clones are the
/// same one.
#[derive(Clone)]
pub(in super::super) struct Gate(Arc<Inner>);

struct Inner {
    owner: Mutex<Owner>,
    /// The first members and this node's number among them, as the configuration says.
    members: Members,
    own: NodeId,
    /// The end of the log as the start found it.
    log_end: Option<u64>,
    bound: Notify,
    machine: OnceLock<Machine>,
    clock: Arc<dyn Clock>,
    faults: Faults,
}

impl Gate {
    /// The door of a disk, if it is the one that the configuration means.
    ///
    /// # Errors
    /// It is the disk of another member, or of another cluster than that of these members.
    pub(in super::super) fn new(
        owner: Owner,
        cluster: &Cluster,
        log_end: Option<u64>,
        options: &ackord_machine::Options,
    ) -> Result<Self, StartError> {
        let members = cluster.members();
        let own = cluster
            .own_number()
            .ok_or_else(|| StartError::NotAmong(cluster.address()))?;
        check(&owner, &members, own)?;
        Ok(Self(Arc::new(Inner {
            owner: Mutex::new(owner),
            members,
            own,
            log_end,
            bound: Notify::new(),
            machine: OnceLock::new(),
            clock: Arc::clone(&options.clock),
            faults: options.raft.faults.clone(),
        })))
    }

    /// The first members.
    pub(in super::super) fn members(&self) -> &Members {
        &self.0.members
    }

    /// All of them but this node.
    pub(super) fn others(&self) -> impl Iterator<Item = (NodeId, &str)> {
        let own = self.0.own;
        let others = self.0.members.iter().filter(move |it| *it.0 != own);
        others.map(|(node, address)| (*node, address.as_str()))
    }

    /// Whether this node is the one that founds.
    pub(in super::super) fn founds(&self) -> bool {
        self.0.own == FOUNDER
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
        let identity = drawn(self.0.own);
        owner.bind(identity, &self.0.members)?;
        self.0.faults.hit(Point::BirthBound);
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
        if members != self.0.members || request.node != self.0.own.0 {
            let list = |it: &Members| it.values().cloned().collect::<Vec<_>>().join(", ");
            return Err(PrepareRefusal::Disagrees(format!(
                "its members are {}, the caller's {}, and it is number {} of them, not {}",
                list(&self.0.members),
                list(&members),
                self.0.own.0,
                request.node
            )));
        }
        if self.founds() {
            let what = "it begins the cluster itself";
            return Err(PrepareRefusal::Disagrees(what.to_owned()));
        }
        let mut owner = self.owner();
        let incarnation = owner.identity().map(|it| it.incarnation);
        let identity = Identity {
            cluster,
            node: self.0.own,
            incarnation: incarnation.unwrap_or_else(|| rand::rng().random()),
        };
        owner
            .bind(identity, &members)
            .map_err(|error| match error {
                AdoptError::Taken { .. } | AdoptError::OtherMembers { .. } => {
                    PrepareRefusal::Bound(error.to_string())
                }
                AdoptError::Io(source) => PrepareRefusal::Failed(source.to_string()),
            })?;
        drop(owner);
        if incarnation.is_none() {
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
            incarnation: identity.map_or(0, |it| it.incarnation),
            log_end,
            format: FORMAT,
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            leader: status.and_then(|it| it.leader).unwrap_or_default(),
            address: self.0.members.get(&self.0.own).cloned().unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The one write to the disk is done by whoever is there: it happens once in a disk's life.
    fn prepare(
        &self,
        request: PrepareRequest,
    ) -> BoxFuture<'static, Result<PrepareResponse, PrepareRefusal>> {
        ready(self.bind(&request)).boxed()
    }
}

/// Whether the disk is the one that the configuration means.
fn check(owner: &Owner, members: &Members, own: NodeId) -> Result<(), StartError> {
    let (Some(identity), Some(found)) = (owner.identity(), owner.members()) else {
        return Ok(());
    };
    if found.is_empty() {
        return Err(StartError::BeganAlone);
    }
    if found != members {
        return Err(StartError::OtherMembers {
            found: found.clone(),
            expected: members.clone(),
        });
    }
    if identity.node != own {
        return Err(StartError::OtherMember {
            found: identity.node,
            expected: own,
        });
    }
    Ok(())
}
