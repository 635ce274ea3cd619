//! What a node's connections are made with.

use ackord_tls::{Acceptor, Metrics, Mutual, Server};
use prometheus_client::registry::Registry;

/// What connections are made with. By default all are in plain text.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Those of clients.
    pub api: Option<Server>,
    /// Those of senders of webhooks.
    pub http: Option<Server>,
    /// Those between members, in both directions.
    pub peers: Option<Mutual>,
    /// What is counted of all.
    pub metrics: Metrics,
}

impl Tls {
    /// For the API's listeners.
    pub(super) fn acceptor(&self) -> Option<Acceptor> {
        self.api.as_ref().map(Server::acceptor)
    }

    /// For the listeners of webhooks.
    #[cfg(not(madsim))]
    pub(super) fn http_acceptor(&self) -> Option<Acceptor> {
        self.http.as_ref().map(Server::acceptor)
    }

    /// Names all figures, and says what they are.
    pub(super) fn register_metrics(&self, registry: &mut Registry) {
        if self.api.is_some() || self.http.is_some() || self.peers.is_some() {
            self.metrics.register(registry);
        }
    }
}

#[cfg(not(madsim))]
impl Tls {
    /// Reads the files that a configuration names.
    pub(super) fn open(config: &crate::Config) -> Result<Self, super::StartError> {
        use super::StartError;

        let unfit = |section| move |source| StartError::Tls { section, source };
        let mut tls = Self::default();
        if let Some(files) = config.tls.clone() {
            let files = ackord_tls::ServerFiles::from(files);
            check_key(&files.pair);
            tls.api = Some(Server::open(files, tls.metrics.port("api")).map_err(unfit("tls"))?);
        }
        if let Some(http) = &config.http
            && let Some(files) = http.tls.clone()
        {
            let pair = ackord_tls::Pair::from(files);
            check_key(&pair);
            let server = Server::open_web(pair, tls.metrics.port("http"));
            tls.http = Some(server.map_err(unfit("http.tls"))?);
        }
        if let Some(cluster) = &config.cluster
            && let Some(files) = cluster.tls.clone()
        {
            let files = ackord_tls::MutualFiles::from(files);
            check_key(&files.pair);
            let figures = tls.metrics.port("peers");
            let mutual = Mutual::open(files, &cluster.address(), figures);
            tls.peers = Some(mutual.map_err(unfit("cluster.tls"))?);
        }
        Ok(tls)
    }
}

/// A warning and no more: where files are handed in by others, as in Kubernetes, their modes are
/// not always the node's to choose.
#[cfg(not(madsim))]
fn check_key(pair: &ackord_tls::Pair) {
    if pair.is_key_open() {
        let key = pair.key.display();
        tracing::warn!(%key, "everybody on this machine may read this key: chmod o= it");
    }
}
