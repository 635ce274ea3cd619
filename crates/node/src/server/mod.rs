//! A running node: how it starts, and how it ends.

mod assemble;
mod birth;
mod carrier;
mod company;
mod error;
mod ports;
mod room;
mod stop;

use std::net::SocketAddr;
use std::time::Duration;

use ackord_delivery::Hub;
use ackord_machine::{Machine, Options};

pub use assemble::start_on;
pub use error::StartError;

use company::Company;
#[cfg(not(madsim))]
use ports::Ports;
use room::Room;
use stop::Stopper;

use crate::config::Cluster;

/// How long calls under way have to end once the node stops.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// How long a room has to end once it was told to.
const ROOM_MAX: Duration = Duration::from_secs(5);

/// What a node needs to know besides its disk.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The addresses that serve the API.
    pub listen: Vec<SocketAddr>,
    /// With whom the node forms a cluster; none: it is alone.
    pub cluster: Option<Cluster>,
    /// SHA-256 of the first admin token's secret; needed where a cluster begins.
    pub admin: Option<[u8; 32]>,
    /// Options of the machine. The node's number comes from its disk, whatever is said here.
    pub machine: Options,
}

/// A node that serves, until [`Self::shutdown`]. Dropped, it serves no more and leaves the rest to
/// the next start.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    machine: Machine,
    company: Company,
    hub: Hub,
    /// The API, one for each address.
    doors: Vec<Room>,
    stop_doors: Stopper,
    /// What works behind it.
    rooms: Vec<Room>,
    stop_rooms: Stopper,
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
    machine.raft.faults = faults;
    let setup = Setup {
        listen: config.listen,
        cluster: config.cluster,
        admin: config.admin_token_sha256,
        machine,
    };
    let ports = Ports::take(&setup).await?;
    let path = config.data_dir;
    let open = move || ackord_store::Disk::open(&path, &disk_options);
    let disk = tokio::task::spawn_blocking(open).await;
    let disk = disk.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    assemble::assemble(disk, ports, setup).await
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

    /// The machine behind the API.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Ends the node: calls under way end, sessions are told and detached, the disk is left in
    /// order. Safe to skip; what a process leaves behind, the next one tidies up.
    pub async fn shutdown(self) {
        tracing::info!("shutting down");
        self.stop_doors.stop();
        self.hub.shut_down();
        if !room::all_end(self.doors, DRAIN_MAX).await {
            tracing::warn!("some calls do not end: they are cut off");
        }
        self.stop_rooms.stop();
        if !room::all_end(self.rooms, ROOM_MAX).await {
            tracing::warn!("some sessions could not be detached: the next start does it");
        }
        self.machine.shutdown().await;
        self.company.leave().await;
        tracing::info!("shut down");
    }
}
