//! Who is wired to whom. Reads from the disk upwards.

use std::net::SocketAddr;
use std::sync::Arc;

use ackord_delivery::{Beat, Detacher, Hub, Pump, start_node};
use ackord_grpc::{Api, Listener, Stop};
use ackord_machine::{Alone, Machine};
use ackord_store::Disk;
use ackord_timer::Timer;
use rand::RngExt;

use super::birth;
use super::carrier::Carrier;
use super::room::Room;
use super::stop;
use super::{Server, Setup, StartError};

/// Starts a node on a disk that is open.
///
/// # Errors
/// Nothing was served, and nothing is left running.
pub async fn start_on(disk: Disk, setup: Setup) -> Result<Server, StartError> {
    let listeners = bind(&setup.listen).await?;
    assemble(disk, listeners, setup).await
}

/// Takes all addresses, or none.
pub(super) async fn bind(addresses: &[SocketAddr]) -> Result<Vec<Listener>, StartError> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        let listener = Listener::bind(*address).await;
        let listener = listener.map_err(|source| StartError::Listen {
            address: *address,
            source,
        });
        listeners.push(listener?);
    }
    Ok(listeners)
}

pub(super) async fn assemble(
    disk: Disk,
    listeners: Vec<Listener>,
    mut setup: Setup,
) -> Result<Server, StartError> {
    let Disk {
        log,
        rows,
        mut owner,
    } = disk;
    let identity = birth::identity(&mut owner, setup.admin)?;
    let node = identity.node;
    let addresses: Vec<SocketAddr> = listeners.iter().map(Listener::address).collect();

    setup.machine.raft.node = node.0;
    let founder = addresses.first().map(SocketAddr::to_string);
    let machine = Machine::start(&setup.machine, log, rows, Arc::new(Alone)).await?;
    if let Err(error) = begin(&machine, identity, founder, setup.admin).await {
        machine.shutdown().await;
        return Err(error);
    }

    let hub = Hub::default();
    let (stop_rooms, stopped) = stop::pair();
    let rooms = vec![
        Room::open("timer", Timer::new(machine.clone()).run(stopped.clone())),
        Room::open(
            "beat",
            Beat::new(machine.clone(), node, hub.clone()).run(stopped.clone()),
        ),
        Room::open(
            "detacher",
            Detacher::new(machine.clone(), hub.clone()).run(stopped.clone()),
        ),
        Room::open(
            "pump",
            Pump::new(machine.clone(), node, hub.clone()).run(stopped),
        ),
    ];

    let (stop_doors, stopped) = stop::pair();
    let sessions = Arc::new(Carrier(hub.clone()));
    let api = Api::new(machine.clone(), node, sessions, stopped.clone());
    let doors = listeners.into_iter();
    let doors = doors.map(|it| Room::open("api", door(api.clone(), it, stopped.clone())));
    let doors = doors.collect();
    tracing::info!(%node, ?addresses, "serving");
    Ok(Server {
        addresses,
        machine,
        hub,
        doors,
        stop_doors,
        rooms,
        stop_rooms,
    })
}

/// What the machine must know before anybody is served.
async fn begin(
    machine: &Machine,
    identity: ackord_store::Identity,
    founder: Option<String>,
    admin: Option<[u8; 32]>,
) -> Result<(), StartError> {
    if let Some(address) = founder {
        let members = [(identity.node.0, address)];
        machine.found(members.into()).await?;
    }
    machine.recovered().await?;
    birth::birth(machine, identity, admin).await?;
    start_node(machine, identity.node, rand::rng().random()).await?;
    Ok(())
}

async fn door(api: Api, listener: Listener, stop: Stop) {
    let address = listener.address();
    if let Err(error) = ackord_grpc::serve(api, listener, stop).await {
        tracing::error!(%address, "the API cannot be served");
        ackord_raft::fatal("serve", &error);
    }
}
