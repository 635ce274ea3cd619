//! A running node: how it starts, and how it ends.

mod assemble;
mod birth;
mod carrier;
mod company;
mod error;
mod handing;
mod porter;
mod ports;
#[cfg(not(madsim))]
mod renewal;
mod room;
mod stop;
mod tls;
#[cfg(not(madsim))]
mod web;

use std::net::SocketAddr;
#[cfg(not(madsim))]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ackord_delivery::Hub;
use ackord_ingress::Hooks;
#[cfg(not(madsim))]
use ackord_machine::SystemClock;
use ackord_machine::{Machine, Options};
#[cfg(not(madsim))]
use ackord_ops::Operations;
use ackord_ops::{Life, Stage};
use ackord_seal::Keyring;
use tokio::sync::oneshot;

pub use assemble::start_on;
pub use error::StartError;
pub use tls::Tls;

use company::Company;
#[cfg(not(madsim))]
use ports::Ports;
use room::Room;
use stop::Stopper;

use crate::config::{Cluster, Http};

/// How long calls under way have to end once the node stops, unless something else is said.
pub(crate) const DRAIN_DEFAULT: Duration = Duration::from_secs(20);
/// How long a room has to end once it was told to.
const ROOM_MAX: Duration = Duration::from_secs(5);

/// What a node needs to know besides its disk.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The addresses that serve the API.
    pub listen: Vec<SocketAddr>,
    /// Where webhooks come in; none: nowhere. Not in a simulated world.
    pub http: Option<Http>,
    /// With whom the node forms a cluster; none: it is alone.
    pub cluster: Option<Cluster>,
    /// What its connections are made with.
    pub tls: Tls,
    /// SHA-256 of the first admin token's secret; needed where a cluster begins.
    pub admin: Option<[u8; 32]>,
    /// Seals and opens the secrets of sources; none: this node takes and opens none.
    pub keyring: Option<Arc<Keyring>>,
    /// Options of the machine. The node's number comes from its disk, whatever is said here.
    pub machine: Options,
}

/// A node that serves, until [`Self::shutdown`]. Dropped, it serves no more and leaves the rest to
/// the next start.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    web: Vec<SocketAddr>,
    life: Life,
    machine: Machine,
    hooks: Hooks,
    company: Company,
    hub: Hub,
    /// Told when the node must not go on.
    end: oneshot::Receiver<StartError>,
    /// The API and the webhooks, one for each address.
    doors: Vec<Room>,
    tell_drain: Stopper,
    stop_doors: Stopper,
    /// How long calls under way have to end.
    drain_max: Duration,
    /// How long calls are taken after it was told that the node is about to stop.
    notice: Duration,
    /// What works behind it.
    rooms: Vec<Room>,
    stop_rooms: Stopper,
    #[cfg(not(madsim))]
    renewal: Option<renewal::Renewal>,
    #[cfg(not(madsim))]
    operations: Option<Operations>,
}

/// Starts a node on the data directory that its configuration names.
///
/// # Errors
/// Nothing was served, and nothing is left running; see [`StartError::advice`].
#[cfg(not(madsim))]
pub async fn start(config: crate::Config) -> Result<Server, StartError> {
    let config = config.validate()?;
    let faults = armed_faults()?;
    let disk_options = ackord_store::DiskOptions {
        cluster: config.cluster_id,
        planted: faults.of_disk(),
    };
    let mut machine = Options::new(0);
    machine.raft.timing = config.raft.into();
    if faults.clock_ahead_s() != 0 {
        machine.clock = Arc::new(SystemClock::ahead(faults.clock_ahead_s()));
    }
    if let Some(format) = faults.knows_format() {
        machine.raft.format = format;
    }
    machine.raft.faults = faults;
    let keyring = config.secrets.as_ref().map(|it| it.keyring()).transpose();
    let keyring = keyring.map_err(crate::config::ConfigError::from)?;
    let setup = Setup {
        tls: Tls::open(&config)?,
        listen: config.listen,
        http: config.http,
        cluster: config.cluster,
        admin: config.admin_token_sha256,
        keyring,
        machine,
    };
    let life = Life::default();
    let operations = config.operations.map(|it| (it, config.data_dir.clone()));
    let operations = operations.map(|(it, dir)| operate(it, life.clone(), dir));
    let operations = operations.transpose()?;
    let ports = Ports::take(&setup).await?;
    let renewal = renewal::Renewal::begin(setup.tls.clone());
    let path = config.data_dir;
    let open = move || ackord_store::Disk::open(&path, &disk_options);
    let disk = tokio::task::spawn_blocking(open).await;
    let disk = disk.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    // On the heap: whoever starts a node need not have room for all that it is made of.
    let mut server = Box::pin(assemble::assemble(disk, ports, setup, life)).await?;
    server.renewal = Some(renewal);
    server.drain_max = config.drain;
    server.notice = config.notice;
    server.operations = operations;
    Ok(server)
}

/// Opens the operations port: before anything else, for a node that cannot start yet says so there.
#[cfg(not(madsim))]
fn operate(address: SocketAddr, life: Life, data_dir: PathBuf) -> Result<Operations, StartError> {
    let listener = ackord_ops::Listener::take(address);
    let open = listener.and_then(|it| Operations::open(it, life, data_dir));
    open.map_err(|source| StartError::Listen { address, source })
}

/// Faults on order, for tests of the program itself: `ACKORD_FAULTS` in the environment.
#[cfg(not(madsim))]
fn armed_faults() -> Result<ackord_machine::failpoint::Faults, StartError> {
    let text = std::env::var("ACKORD_FAULTS").unwrap_or_default();
    if text.is_empty() {
        return Ok(ackord_machine::failpoint::Faults::default());
    }
    text.parse().map_err(|_| StartError::Faults(text))
}

impl Server {
    /// The addresses that are served, with their real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The addresses at which webhooks come in, with their real ports.
    #[must_use]
    pub fn web(&self) -> &[SocketAddr] {
        &self.web
    }

    /// The operations port's address, with its real port, if there is one.
    #[cfg(not(madsim))]
    #[must_use]
    pub fn operations(&self) -> Option<SocketAddr> {
        self.operations.as_ref().map(Operations::address)
    }

    /// Returns when this node must not go on: its cluster has removed it, or another disk is
    /// this node. To be awaited once; whoever does then calls [`Self::shutdown`].
    pub async fn must_end(&mut self) -> StartError {
        match (&mut self.end).await {
            Ok(why) => why,
            Err(_) => std::future::pending().await,
        }
    }

    /// The machine behind the API.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The door for webhooks, whoever brings them.
    #[must_use]
    pub fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// Ends the node: it hands leadership over, tells its sessions to go elsewhere, lets calls under
    /// way end, and leaves the disk in order. Safe to skip; what a process leaves behind, the next
    /// one and the others tidy up.
    pub async fn shutdown(self) {
        tracing::info!("shutting down");
        self.life.is(Stage::Draining);
        self.tell_drain.stop();
        handing::hand_over(&self.machine).await;
        // Whoever has not noticed yet sends more.
        tokio::time::sleep(self.notice).await;
        self.stop_doors.stop();
        self.hub.shut_down();
        if !room::all_end(self.doors, self.drain_max).await {
            tracing::warn!("some calls do not end: they are cut off");
        }
        self.stop_rooms.stop();
        if !room::all_end(self.rooms, ROOM_MAX).await {
            tracing::warn!("some sessions could not be detached: the next start does it");
        }
        self.life.ends();
        self.machine.shutdown().await;
        self.company.leave().await;
        tracing::info!("shut down");
    }
}
