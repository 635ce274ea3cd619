//! A service to call, certificates in files, and callers.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use ackord_tls::mint::{Authority, Minted};
use ackord_tls::{
    Acceptor, Client, ClientFiles, Figures, Incoming, Mutual, MutualFiles, Pair, Server,
    ServerFiles,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Longer than anything takes that goes well.
pub(crate) const LONG: Duration = Duration::from_secs(30);
/// Where all servers here are.
pub(crate) const HERE: &str = "127.0.0.1";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// From yesterday to tomorrow.
pub(crate) fn today() -> Range<SystemTime> {
    SystemTime::now() - DAY..SystemTime::now() + DAY
}

/// Until an hour ago.
pub(crate) fn yesterday() -> Range<SystemTime> {
    let hour = Duration::from_secs(3600);
    SystemTime::now() - DAY..SystemTime::now() - hour
}

/// Files of certificates.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        path
    }

    pub(crate) fn ca(&self, name: &str, ca: &Authority) -> PathBuf {
        self.write(name, &ca.minted().cert)
    }

    pub(crate) fn pair(&self, name: &str, minted: &Minted) -> Pair {
        Pair {
            cert: self.write(&format!("{name}.crt"), &minted.cert),
            key: self.write(&format!("{name}.key"), &minted.key),
        }
    }

    /// A server with a certificate for this machine, that asks clients for none.
    pub(crate) fn server(&self, ca: &Authority) -> Server {
        let minted = ca.mint(&[HERE], today()).expect("minted");
        let pair = self.pair("server", &minted);
        Server::open(
            ServerFiles {
                pair,
                client_ca: None,
            },
            Figures::default(),
        )
        .expect("good files")
    }

    /// A client that trusts this CA, and shows a certificate if it has one.
    pub(crate) fn client(&self, ca: &Authority, own: Option<&Minted>) -> Client {
        let files = ClientFiles {
            ca: Some(self.ca("trusted.crt", ca)),
            pair: own.map(|it| self.pair("client", it)),
        };
        Client::open(files).expect("good files")
    }

    pub(crate) fn mutual(&self, ca: &Authority, own: &Minted) -> Mutual {
        let files = MutualFiles {
            pair: self.pair("node", own),
            ca: self.ca("cluster.crt", ca),
        };
        Mutual::open(files, HERE, Figures::default()).expect("good files")
    }
}

/// Serves on a free port of this machine, until the test ends.
pub(crate) async fn serve(tls: Option<Acceptor>) -> SocketAddr {
    serve_few(tls, 1000).await
}

/// The same for so many connections at a time.
pub(crate) async fn serve_few(tls: Option<Acceptor>, most: usize) -> SocketAddr {
    let listener = TcpListener::bind((HERE, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (_, health) = tonic_health::server::health_reporter();
    let router = tonic::transport::Server::builder().add_service(health);
    tokio::spawn(router.serve_with_incoming(Incoming::new(listener, tls, most)));
    address
}

/// A caller under TLS.
pub(crate) fn secured(address: SocketAddr, client: &Client) -> HealthClient<Channel> {
    let endpoint = endpoint(format!("https://{address}"));
    HealthClient::new(endpoint.connect_with_connector_lazy(client.connector()))
}

/// A caller in plain text.
pub(crate) fn plain(address: SocketAddr) -> HealthClient<Channel> {
    HealthClient::new(endpoint(format!("http://{address}")).connect_lazy())
}

pub(crate) fn endpoint(uri: String) -> Endpoint {
    Endpoint::from_shared(uri).expect("an address")
}

/// Calls, and answers why that does not go well.
pub(crate) async fn call(client: &mut HealthClient<Channel>) -> Result<(), String> {
    let call = client.check(HealthCheckRequest::default());
    let answer = tokio::time::timeout(LONG, call)
        .await
        .expect("an answer in time");
    answer.map(|_| ()).map_err(|it| words(&it))
}

fn words(status: &Status) -> String {
    let mut words = format!("{:?}: {}", status.code(), status.message());
    let mut cause = status.source();
    while let Some(it) = cause {
        words.push_str(&format!(": {it}"));
        cause = it.source();
    }
    words
}
