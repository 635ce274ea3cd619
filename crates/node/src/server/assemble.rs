//! Who is wired to whom. Reads from the disk upwards.

use std::net::SocketAddr;
use std::sync::Arc;

use ackord_core::id::NodeId;
use ackord_delivery::{Beat, Detacher, Hub, Isolation, Pump, Silence, start_node};
use ackord_grpc::{Api, Listener, Port, Stop};
use ackord_machine::Machine;
use ackord_machine::failpoint::Point;
use ackord_store::{Disk, Identity, LogStore, RowStore};
use ackord_timer::Timer;
use rand::RngExt;

use super::birth;
use super::carrier::Carrier;
use super::company::Company;
use super::ports::{self, Ports};
use super::room::Room;
use super::stop;
use super::{Server, Setup, StartError};

/// Starts a node on a disk that is open.
///
/// # Errors
/// Nothing was served, and nothing is left running.
pub async fn start_on(disk: Disk, setup: Setup) -> Result<Server, StartError> {
    let ports = Ports::take(&setup).await?;
    assemble(disk, ports, setup).await
}

pub(super) async fn assemble(disk: Disk, ports: Ports, setup: Setup) -> Result<Server, StartError> {
    let Disk { log, rows, owner } = disk;
    let addresses = ports.addresses();
    let address = addresses.first().map(SocketAddr::to_string);
    let address = address.unwrap_or_default();
    let Ports { api, peers } = ports;
    let mut company = Company::join(owner, log.last(), address, peers, &setup)?;
    match live(&mut company, log, rows, api, setup).await {
        Ok((node, machine, listeners)) => Ok(open(node, machine, company, listeners, addresses)),
        Err(error) => {
            company.leave().await;
            Err(error)
        }
    }
}

/// Starts the machine, and returns once it may serve, with callers about to come in.
async fn live(
    company: &mut Company,
    log: LogStore,
    rows: RowStore,
    ports: Vec<Port>,
    mut setup: Setup,
) -> Result<(NodeId, Machine, Vec<Listener>), StartError> {
    let identity = company.identity(setup.admin).await?;
    setup.machine.raft.node = identity.node.0;
    let ways = company.ways(identity);
    let machine = Machine::start(&setup.machine, log, rows, ways).await?;
    company.open(identity, &machine);
    let begun = begin(&machine, identity, company, &setup).await;
    match begun.and_then(|()| ports::open(ports)) {
        Ok(listeners) => Ok((identity.node, machine, listeners)),
        Err(error) => {
            machine.shutdown().await;
            Err(error)
        }
    }
}

/// What the machine must know before anybody is served.
async fn begin(
    machine: &Machine,
    identity: Identity,
    company: &Company,
    setup: &Setup,
) -> Result<(), StartError> {
    let faults = &setup.machine.raft.faults;
    if let Some(members) = company.founds(identity) {
        machine.found(members).await?;
        faults.hit(Point::BirthFounded);
    }
    birth::recovered(machine, &company.members(identity)).await?;
    birth::birth(machine, identity, setup.admin).await?;
    faults.hit(Point::BirthCommitted);
    start_node(machine, identity.node, rand::rng().random()).await?;
    Ok(())
}

/// Opens the doors.
fn open(
    node: NodeId,
    machine: Machine,
    company: Company,
    listeners: Vec<Listener>,
    addresses: Vec<SocketAddr>,
) -> Server {
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
            "isolation",
            Isolation::new(machine.clone(), hub.clone()).run(stopped.clone()),
        ),
        Room::open(
            "silence",
            Silence::new(machine.clone()).run(stopped.clone()),
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
    Server {
        addresses,
        machine,
        company,
        hub,
        doors,
        stop_doors,
        rooms,
        stop_rooms,
    }
}

async fn door(api: Api, listener: Listener, stop: Stop) {
    let address = listener.address();
    if let Err(error) = ackord_grpc::serve(api, listener, stop).await {
        tracing::error!(%address, "the API cannot be served");
        ackord_raft::fatal("serve", &error);
    }
}
