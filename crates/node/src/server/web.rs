//! The HTTP port: the rest of the world, on addresses of its own. Webhooks come in there, and plugins that
//! speak the Clawback protocol.

use std::net::SocketAddr;
use std::time::Duration;

use ackord_clawback::{Door, Options};
use ackord_grpc::{Api, Stop, local};
use ackord_ingress::{ConnectionMetrics, Hooks, Limits, Listener, Port, router, serve};
use ackord_tls::Acceptor;
use prometheus_client::registry::Registry;

use super::ports::taken;
use super::room::Room;
use super::{Setup, StartError};

/// Addresses that are ours, where strangers will come in.
pub(super) struct Web {
    ports: Vec<Port>,
    limits: Limits,
    tls: Option<Acceptor>,
    plugins: Options,
}

/// The same, with strangers about to come in.
pub(super) struct Open {
    listeners: Vec<Listener>,
    limits: Limits,
    metrics: ConnectionMetrics,
    plugins: Options,
}

impl Web {
    /// Takes all addresses, or none.
    ///
    /// # Errors
    /// Somebody else has one, or this machine does not.
    pub(super) fn take(setup: &Setup) -> Result<Self, StartError> {
        let mut ports = Vec::new();
        let mut limits = Limits::default();
        let mut plugins = Options::default();
        if let Some(http) = &setup.http {
            limits = http.limits.into();
            plugins.public_url.clone_from(&http.public_url);
            plugins.reminder_every = Duration::from_millis(http.plugin_reminder_ms);
            for address in &http.listen {
                ports.push(Port::take(*address).map_err(taken(*address))?);
            }
        }
        let tls = setup.tls.http_acceptor();
        plugins.is_secret = tls.is_some();
        Ok(Self {
            ports,
            limits,
            tls,
            plugins,
        })
    }

    /// The addresses, with their real ports.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.ports.iter().map(Port::address).collect()
    }

    /// Lets strangers in.
    ///
    /// # Errors
    /// Somebody else was first at an address.
    pub(super) fn open(self) -> Result<Open, StartError> {
        let open = |port: Port| {
            let address = port.address();
            port.open(self.tls.clone()).map_err(taken(address))
        };
        let listeners = self.ports.into_iter().map(open);
        Ok(Open {
            listeners: listeners.collect::<Result<_, _>>()?,
            limits: self.limits,
            metrics: ConnectionMetrics::default(),
            plugins: self.plugins,
        })
    }
}

impl Open {
    /// Nobody can come in.
    pub(super) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    /// Where plugins come in: to the API, within this process.
    pub(super) fn plugins(&self, api: &Api, stop: &Stop) -> Door {
        Door::new(local(api.clone()), stop.clone(), self.plugins.clone())
    }

    /// Names all that is counted of connections, if any may come.
    pub(super) fn register_metrics(&self, plugins: &Door, registry: &mut Registry) {
        if !self.is_empty() {
            self.metrics.register(registry);
            plugins.register_metrics(registry);
        }
    }

    /// Serves until it is to stop.
    pub(super) fn serve(self, hooks: &Hooks, plugins: &Door, stop: &Stop) -> Vec<Room> {
        let (limits, metrics) = (self.limits, self.metrics);
        let router = router(hooks.clone(), &limits).merge(plugins.router());
        let listeners = self.listeners.into_iter();
        let doors = listeners.map(|it| {
            let served = serve(
                it,
                router.clone(),
                limits.clone(),
                metrics.clone(),
                stop.clone(),
            );
            Room::open("http", served)
        });
        doors.collect()
    }
}
