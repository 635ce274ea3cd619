//! The side that clients call.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::net::TcpStream;

use crate::error::TlsError;
use crate::expiry;
use crate::handshake::{Refused, greet};
use crate::incoming::Stream;
use crate::kept::{Kept, Renewed};
use crate::metrics::Figures;
use crate::pem::{Pair, Pem};
use crate::version::{ALPN, VERSIONS, WEB_ALPN, WEB_VERSIONS, provider};

/// The files of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFiles {
    /// The server's certificate.
    pub pair: Pair,
    /// Whose certificates clients must show. None: they show none.
    pub client_ca: Option<PathBuf>,
}

/// The side that clients call. Cheap to clone; all clones are the same one.
#[derive(Debug, Clone)]
pub struct Server {
    kept: Arc<Kept<Side>>,
    figures: Figures,
}

/// What a server is and asks for.
#[derive(Debug, Clone)]
struct Side {
    config: Arc<ServerConfig>,
    end: Option<SystemTime>,
}

impl Server {
    /// Reads the files.
    ///
    /// # Errors
    /// They are no good.
    pub fn open(files: ServerFiles, figures: Figures) -> Result<Self, TlsError> {
        let ServerFiles { pair, client_ca } = files;
        let files = [pair.cert, pair.key].into_iter().chain(client_ca).collect();
        let kept = Arc::new(Kept::open(files, build)?);
        figures.ends(kept.used().end);
        Ok(Self { kept, figures })
    }

    /// Reads the files of a server for the web: senders of webhooks may speak HTTP/1.1, and TLS 1.2.
    ///
    /// # Errors
    /// They are no good.
    pub fn open_web(pair: Pair, figures: Figures) -> Result<Self, TlsError> {
        let kept = Arc::new(Kept::open(vec![pair.cert, pair.key], build_web)?);
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
        Acceptor::new(self.figures.clone(), move || kept.used().config)
    }
}

fn build(pems: &[Pem]) -> Result<Side, TlsError> {
    let [cert, key, ca @ ..] = pems else {
        unreachable!("a server has a certificate and a key");
    };
    let own = cert.with_key(key)?;
    let clients = match ca.first() {
        Some(ca) => Some(clients_of(ca, ca.roots()?)?),
        None => None,
    };
    Ok(Side {
        end: own.cert.first().and_then(expiry::end),
        config: config(own, clients),
    })
}

fn build_web(pems: &[Pem]) -> Result<Side, TlsError> {
    let [cert, key] = pems else {
        unreachable!("a server has a certificate and a key");
    };
    let own = cert.with_key(key)?;
    Ok(Side {
        end: own.cert.first().and_then(expiry::end),
        config: serving(own, None, WEB_VERSIONS, &WEB_ALPN),
    })
}

/// Lets in whoever shows a certificate that one of `roots` vouches for.
pub(crate) fn clients_of(
    ca: &Pem,
    roots: Arc<RootCertStore>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    WebPkiClientVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|it| ca.unfit(it))
}

pub(crate) fn config(
    own: CertifiedKey,
    clients: Option<Arc<dyn ClientCertVerifier>>,
) -> Arc<ServerConfig> {
    serving(own, clients, VERSIONS, &[ALPN])
}

fn serving(
    own: CertifiedKey,
    clients: Option<Arc<dyn ClientCertVerifier>>,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .expect("the provider knows these versions");
    let builder = match clients {
        Some(clients) => builder.with_client_cert_verifier(clients),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
    config.alpn_protocols = alpn.iter().map(|it| it.to_vec()).collect();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

/// What a listener asks for each connection.
#[derive(Clone)]
pub struct Acceptor {
    config: Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>,
    pub(crate) figures: Figures,
}

impl Acceptor {
    pub(crate) fn new(
        figures: Figures,
        config: impl Fn() -> Arc<ServerConfig> + Send + Sync + 'static,
    ) -> Self {
        let config = Arc::new(config);
        Self { config, figures }
    }

    /// Makes a connection that was taken secret.
    ///
    /// # Errors
    /// There is none: it is closed. Counted, but for who has [gone](Refused::Gone).
    pub async fn shake(&self, tcp: TcpStream, within: Duration) -> Result<Stream, Refused> {
        let shaken = greet(tcp, self.config(), within).await;
        if shaken
            .as_ref()
            .is_err_and(|it| !matches!(it, Refused::Gone))
        {
            self.figures.refused();
        }
        shaken.map(|it| Stream::Tls(Box::new(it)))
    }

    /// As it is now.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        (self.config)()
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").finish_non_exhaustive()
    }
}
