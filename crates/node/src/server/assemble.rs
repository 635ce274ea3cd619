//! Who is wired to whom. Reads from the disk upwards.

use std::net::SocketAddr;
use std::sync::Arc;

use ackord_delivery::{Beat, Detacher, Hub, Isolation, Pump, Silence, start_node};
use ackord_grpc::{Api, Ends, Listener, Webhooks};
use ackord_ingress::Hooks;
use ackord_machine::Machine;
use ackord_machine::failpoint::Point;
use ackord_ops::{Life, Stage};
use ackord_seal::Keyring;
use ackord_store::{Disk, Identity, LogStore, RowStore};
use ackord_timer::Timer;
use prometheus_client::registry::Registry;
use rand::RngExt;
use tokio::sync::oneshot;

use super::birth;
use super::carrier::Carrier;
use super::company::Company;
use super::porter::Porter;
use super::ports::{Listeners, Ports};
use super::room::Room;
use super::stop;
use super::{DRAIN_DEFAULT, Server, Setup, StartError, Tls};

/// Starts a node on a disk that is open.
///
/// # Errors
/// Nothing was served, and nothing is left running.
pub async fn start_on(disk: Disk, setup: Setup) -> Result<Server, StartError> {
    let ports = Ports::take(&setup).await?;
    assemble(disk, ports, setup, Life::default()).await
}

pub(super) async fn assemble(
    disk: Disk,
    mut ports: Ports,
    setup: Setup,
    life: Life,
) -> Result<Server, StartError> {
    let Disk { log, rows, owner } = disk;
    let addresses = ports.addresses();
    let address = addresses.first().map(SocketAddr::to_string);
    let address = address.unwrap_or_default();
    let web = ports.web_addresses();
    let peers = ports.peers.take();
    let log_end = ackord_raft::log_end(&log, &rows)?;
    let mut company = Company::join(owner, log_end, address, peers, &setup)?;
    match live(&mut company, log, rows, ports, setup, &life).await {
        Ok((living, listeners)) => {
            let mut server = open(living, company, listeners, addresses, life);
            server.web = web;
            Ok(server)
        }
        Err(error) => {
            company.leave().await;
            Err(error)
        }
    }
}

/// A node that may serve.
struct Living {
    identity: Identity,
    machine: Machine,
    tls: Tls,
    keyring: Option<Arc<Keyring>>,
}

/// Starts the machine, and returns once it may serve, with callers about to come in.
async fn live(
    company: &mut Company,
    log: LogStore,
    rows: RowStore,
    ports: Ports,
    mut setup: Setup,
    life: &Life,
) -> Result<(Living, Listeners), StartError> {
    life.is(Stage::Gathering);
    let identity = company.identity(setup.admin).await?;
    setup.machine.raft.node = identity.node.0;
    let ways = company.ways(identity);
    let machine = Machine::start(&setup.machine, log, rows, ways).await?;
    life.is(Stage::Recovering);
    life.has(&machine);
    let begun = tokio::select! {
        biased;
        // A node that was removed would wait for the others for ever.
        end = company.belongs(&machine, identity) => Err(end),
        begun = begin(&machine, identity, company, &setup) => begun,
    };
    let (tls, keyring) = (setup.tls, setup.keyring);
    match begun.and_then(|()| ports.open(tls.acceptor().as_ref())) {
        Ok(listeners) => {
            let living = Living {
                identity,
                machine,
                tls,
                keyring,
            };
            Ok((living, listeners))
        }
        Err(error) => {
            life.ends();
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
    let members = company.addresses();
    birth::recalled(machine, &members).await?;
    company.open(identity, machine);
    if let Some(members) = company.founds(identity) {
        machine.found(members).await?;
        faults.hit(Point::BirthFounded);
    }
    birth::recovered(machine, &members).await?;
    let first = company.first_members(identity);
    birth::birth(machine, identity, first, setup.admin).await?;
    faults.hit(Point::BirthCommitted);
    let Identity {
        node, incarnation, ..
    } = identity;
    start_node(machine, node, incarnation, rand::rng().random()).await?;
    Ok(())
}

/// Opens the doors.
fn open(
    living: Living,
    company: Company,
    listeners: Listeners,
    addresses: Vec<SocketAddr>,
    life: Life,
) -> Server {
    let Living {
        identity,
        machine,
        tls,
        keyring,
    } = living;
    let node = identity.node;
    let hub = Hub::default();
    let (stop_rooms, stopped) = stop::pair();
    let (must_end, end) = oneshot::channel();
    let belongs = company.belongs(&machine, identity);
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
            Pump::new(machine.clone(), node, hub.clone()).run(stopped.clone()),
        ),
        Room::open("belonging", async move {
            tokio::select! {
                biased;
                () = stopped => {}
                // Whoever runs the node may not look.
                why = belongs => drop(must_end.send(why)),
            }
        }),
    ];

    let (stop_doors, stop) = stop::pair();
    let (tell_drain, draining) = stop::pair();
    let sessions = Arc::new(Carrier(hub.clone()));
    let hooks = Hooks::new(machine.clone(), keyring.clone());
    let porter = Porter {
        hooks: hooks.clone(),
        #[cfg(not(madsim))]
        has_port: !listeners.web.is_empty(),
        #[cfg(madsim)]
        has_port: true,
    };
    let webhooks = Webhooks {
        keyring,
        door: Some(Arc::new(porter)),
    };
    let ends = Ends {
        draining,
        stop: stop.clone(),
    };
    let api = Api::new(machine.clone(), node, sessions, ends).with_webhooks(webhooks);
    let mut registry = counted(&machine, &hub, &api, &tls);
    hooks.register_metrics(&mut registry);
    #[cfg(not(madsim))]
    let plugins = listeners.web.plugins(&api, &stop);
    #[cfg(not(madsim))]
    listeners.web.register_metrics(&plugins, &mut registry);
    life.counts(registry);
    let doors = listeners.api.into_iter();
    let doors = doors.map(|it| Room::open("api", door(api.clone(), it)));
    #[cfg(not(madsim))]
    let doors = doors.chain(listeners.web.serve(&hooks, &plugins, &stop));
    let doors = doors.collect();
    life.is(Stage::Serving);
    tracing::info!(%node, ?addresses, "serving");
    Server {
        addresses,
        web: Vec::new(),
        life,
        machine,
        hooks,
        company,
        hub,
        end,
        doors,
        tell_drain,
        stop_doors,
        drain_max: DRAIN_DEFAULT,
        notice: std::time::Duration::ZERO,
        rooms,
        stop_rooms,
        #[cfg(not(madsim))]
        renewal: None,
        #[cfg(not(madsim))]
        operations: None,
    }
}

/// All that is counted and timed in this node.
fn counted(machine: &Machine, hub: &Hub, api: &Api, tls: &Tls) -> Registry {
    let mut registry = Registry::with_prefix("ackord");
    machine.register_metrics(&mut registry);
    hub.register_metrics(&mut registry);
    api.register_metrics(&mut registry);
    tls.register_metrics(&mut registry);
    registry
}

async fn door(api: Api, listener: Listener) {
    let address = listener.address();
    if let Err(error) = ackord_grpc::serve(api, listener).await {
        tracing::error!(%address, "the API cannot be served");
        ackord_raft::fatal("serve", &error);
    }
}
