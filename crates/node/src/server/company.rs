//! With whom a node is: alone, or among peers that call it on a port of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ackord_core::command::FirstMember;
use ackord_core::id::NodeId;
use ackord_core::text::PeerAddress;
use ackord_machine::{Alone, Machine, Peers};
use ackord_peer::{Links, Listener, Me, Service};
use ackord_store::{Group, Identity, Members, Owner};
use ackord_tls::Mutual;

use super::birth::{self, Gate};
use super::room::{self, Room};
use super::stop::{self, Stopper};
use super::{Setup, StartError};

/// How long calls of peers have to end once the node stops.
const PEERS_MAX: Duration = Duration::from_secs(3);

/// See the module.
pub(super) enum Company {
    /// Nobody else.
    Alone {
        /// The disk's.
        owner: Owner,
        /// Where the node serves: there is no other address.
        address: String,
    },
    /// Other members, now or soon.
    Peers(Neighbours),
}

/// The node, as its peers reach it.
pub(super) struct Neighbours {
    gate: Gate,
    tls: Option<Mutual>,
    service: Service,
    room: Room,
    stop: Stopper,
}

impl fmt::Debug for Company {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone { .. } => f.write_str("Alone"),
            Self::Peers(it) => f.debug_tuple("Peers").field(&it.gate.members()).finish(),
        }
    }
}

impl Company {
    /// Peers are answered from here on, if there are any: who this node is, at first.
    ///
    /// # Errors
    /// The disk is not the one that the configuration means.
    pub(super) fn join(
        owner: Owner,
        log_end: Option<u64>,
        address: String,
        listener: Option<Listener>,
        setup: &Setup,
    ) -> Result<Self, StartError> {
        let Some((cluster, listener)) = setup.cluster.as_ref().zip(listener) else {
            return Ok(Self::Alone { owner, address });
        };
        let tls = setup.tls.peers.clone();
        let gate = Gate::new(owner, cluster, tls.clone(), log_end, &setup.machine)?;
        let (stop, stopped) = stop::pair();
        let service = Service::new(gate.clone(), stopped);
        let room = Room::open("peers", serve(service.clone(), listener, tls.clone()));
        Ok(Self::Peers(Neighbours {
            gate,
            tls,
            service,
            room,
            stop,
        }))
    }

    /// Who this node is. Waits for the others where a cluster has not begun yet.
    pub(super) async fn identity(
        &mut self,
        admin: Option<[u8; 32]>,
    ) -> Result<Identity, StartError> {
        match self {
            Self::Alone { owner, .. } => birth::alone(owner, admin),
            Self::Peers(it) => birth::identity(&it.gate, admin).await,
        }
    }

    /// The ways to the others.
    pub(super) fn ways(&self, identity: Identity) -> Arc<dyn Peers> {
        match self {
            Self::Alone { .. } => Arc::new(Alone),
            Self::Peers(it) => Arc::new(Links::new(me(identity), it.tls.clone())),
        }
    }

    /// From now on peers call the machine.
    pub(super) fn open(&self, identity: Identity, machine: &Machine) {
        if let Self::Peers(it) = self {
            it.gate.opened(machine.clone());
            it.service.open(me(identity), machine.clone());
        }
    }

    /// The first members, with the addresses at which they reach each other.
    pub(super) fn members(&self, identity: Identity) -> Members {
        match self {
            Self::Alone { address, .. } => Members::from([(identity.node, address.clone())]),
            Self::Peers(it) => it.gate.members(),
        }
    }

    /// Where members may be found, for people who wait for them.
    pub(super) fn addresses(&self) -> Vec<String> {
        match self {
            Self::Alone { address, .. } => vec![address.clone()],
            Self::Peers(it) => it.gate.addresses(),
        }
    }

    /// Returns when this node must end; see [`birth::belongs`].
    pub(super) fn belongs(
        &self,
        machine: &Machine,
        identity: Identity,
    ) -> impl Future<Output = StartError> + Send + use<> {
        let gate = match self {
            Self::Alone { .. } => None,
            Self::Peers(it) => Some(it.gate.clone()),
        };
        let machine = machine.clone();
        async move {
            match gate {
                Some(gate) => birth::belongs(&gate, &machine, identity).await,
                None => std::future::pending().await,
            }
        }
    }

    /// The same, for the cluster's first command, with the disks that this node knows of.
    pub(super) fn first_members(&self, identity: Identity) -> Vec<FirstMember> {
        let first = |(node, address): (NodeId, String)| FirstMember {
            address: PeerAddress::new(address).expect("a valid configuration has valid addresses"),
            disk: match self {
                _ if node == identity.node => Some(identity.incarnation),
                Self::Alone { .. } => None,
                Self::Peers(it) => it.gate.disk_of(node),
            },
        };
        self.members(identity).into_iter().map(first).collect()
    }

    /// The same, if this node is the one that founds the group.
    pub(super) fn founds(&self, identity: Identity) -> Option<BTreeMap<u64, String>> {
        let founds = identity.node == birth::FOUNDER;
        let members = self.members(identity).into_iter();
        founds.then(|| members.map(|(node, it)| (node.0, it)).collect())
    }

    /// Peers are answered no more.
    pub(super) async fn leave(self) {
        if let Self::Peers(it) = self {
            it.stop.stop();
            // Whoever is cut off asks another node.
            room::all_end(vec![it.room], PEERS_MAX).await;
        }
    }
}

fn me(identity: Identity) -> Me {
    Me {
        cluster: identity.cluster,
        group: Group::FIRST.0.into(),
        node: identity.node.0,
        incarnation: identity.incarnation,
    }
}

async fn serve(service: Service, listener: Listener, tls: Option<Mutual>) {
    let address = listener.address();
    if let Err(error) = ackord_peer::serve(service, listener, tls).await {
        tracing::error!(%address, "peers cannot be served");
        ackord_raft::fatal("serve peers", &error);
    }
}
