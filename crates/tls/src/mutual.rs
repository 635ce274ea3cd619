//! Both sides of a node among its peers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::UnixTime;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ServerConfig};

use crate::client::config as client_config;
use crate::connector::Connector;
use crate::error::TlsError;
use crate::kept::{Kept, Renewed};
use crate::metrics::Figures;
use crate::pem::{Pair, Pem};
use crate::server::{Acceptor, clients_of, config as server_config};
use crate::version::provider;
use crate::{expiry, host, reason};

/// The files of a node among its peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutualFiles {
    /// Its certificate.
    pub pair: Pair,
    /// The cluster's own CA, or several while one replaces the other. Whoever has a certificate of
    /// it may be a member: it must not be one that others get certificates from.
    pub ca: PathBuf,
}

/// Both sides of a node among its peers. Cheap to clone; all clones are the same one.
#[derive(Debug, Clone)]
pub struct Mutual {
    kept: Arc<Kept<Sides>>,
    figures: Figures,
}

#[derive(Debug, Clone)]
struct Sides {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    end: Option<SystemTime>,
}

impl Mutual {
    /// Reads the files of the node whose peers reach it at `address`, which is `host:port`.
    ///
    /// # Errors
    /// They are no good, or peers would refuse the certificate: it is not of the CA, not for that
    /// host, or out of date.
    pub fn open(files: MutualFiles, address: &str, figures: Figures) -> Result<Self, TlsError> {
        let address = address.to_owned();
        let files = vec![files.pair.cert, files.pair.key, files.ca];
        let build = move |pems: &[Pem]| build(pems, &address);
        let kept = Arc::new(Kept::open(files, build)?);
        figures.ends(kept.used().end);
        Ok(Self { kept, figures })
    }

    /// Looks at the files again: new connections use what they say now. Reads files, so may block.
    ///
    /// # Errors
    /// They are no good: those before are used on. Told once, until they say something else.
    pub fn renew(&self) -> Result<Renewed, TlsError> {
        let renewed = self.kept.renew_counted(&self.figures);
        self.figures.ends(self.end());
        renewed
    }

    /// When its certificate ends, if it tells.
    #[must_use]
    pub fn end(&self) -> Option<SystemTime> {
        self.kept.used().end
    }

    /// For connections to come.
    #[must_use]
    pub fn acceptor(&self) -> Acceptor {
        let kept = Arc::clone(&self.kept);
        Acceptor::new(self.figures.clone(), move || kept.used().server)
    }

    /// For connections to others.
    #[must_use]
    pub fn connector(&self) -> Connector {
        let kept = Arc::clone(&self.kept);
        Connector::new(move || kept.used().client)
    }
}

fn build(pems: &[Pem], address: &str) -> Result<Sides, TlsError> {
    let [cert, key, ca] = pems else {
        unreachable!("a node has a certificate, a key and a CA");
    };
    let own = cert.with_key(key)?;
    let roots = ca.roots()?;
    let clients = clients_of(ca, Arc::clone(&roots))?;
    let servers =
        WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), provider()).build();
    let servers = servers.map_err(|it| ca.unfit(it))?;
    accepted(&own, &*servers, &*clients, address).map_err(|it| cert.unfit(it))?;
    Ok(Sides {
        end: own.cert.first().and_then(expiry::end),
        server: server_config(own.clone(), Some(clients)),
        client: client_config(roots, Some(own)),
    })
}

/// Whether a peer would take it: told here rather than in the logs of all others.
fn accepted(
    own: &CertifiedKey,
    servers: &dyn ServerCertVerifier,
    clients: &dyn ClientCertVerifier,
    address: &str,
) -> Result<(), String> {
    let name = host::name(address).ok_or_else(|| format!("{address} is no address"))?;
    let Some((certificate, chain)) = own.cert.split_first() else {
        return Err("it holds no certificate".to_owned());
    };
    let now = UnixTime::now();
    let as_server = servers.verify_server_cert(certificate, chain, &name, &[], now);
    let as_server = as_server.map(|_| ());
    let as_client = clients.verify_client_cert(certificate, chain, now);
    as_server
        .and(as_client.map(|_| ()))
        .map_err(|it| format!("peers would refuse this certificate: {}", reason::of(&it)))
}
