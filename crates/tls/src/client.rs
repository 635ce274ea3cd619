//! The side of clients.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};

use crate::connector::Connector;
use crate::error::TlsError;
use crate::kept::Kept;
use crate::pem::{Pair, Pem};
use crate::version::{ALPN, VERSIONS, provider};

/// The files of a client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientFiles {
    /// The CA that vouches for the servers. None: those that this machine trusts.
    pub ca: Option<PathBuf>,
    /// The client's certificate, where servers ask for one.
    pub pair: Option<Pair>,
}

/// The side of clients. Cheap to clone; all clones are the same one.
#[derive(Debug, Clone)]
pub struct Client(Arc<Kept<Arc<ClientConfig>>>);

impl Client {
    /// Reads the files.
    ///
    /// # Errors
    /// They are no good.
    pub fn open(files: ClientFiles) -> Result<Self, TlsError> {
        let ClientFiles { ca, pair } = files;
        let has_ca = ca.is_some();
        let pair = pair.into_iter().flat_map(|it| [it.cert, it.key]);
        let files = ca.into_iter().chain(pair).collect();
        let build = move |pems: &[Pem]| build(pems, has_ca);
        Ok(Self(Arc::new(Kept::open(files, build)?)))
    }

    /// For connections to come: each uses the files as they are then, or as they were while they
    /// were good.
    #[must_use]
    pub fn connector(&self) -> Connector {
        let kept = Arc::clone(&self.0);
        Connector::new(move || {
            if let Err(error) = kept.renew() {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "new TLS files are no good"
                );
            }
            kept.used()
        })
    }
}

fn build(pems: &[Pem], has_ca: bool) -> Result<Arc<ClientConfig>, TlsError> {
    let (ca, pair) = pems.split_at(usize::from(has_ca));
    let roots = match ca.first() {
        Some(ca) => ca.roots()?,
        None => roots_of_machine()?,
    };
    let own = match pair {
        [cert, key] => Some(cert.with_key(key)?),
        _ => None,
    };
    Ok(config(roots, own))
}

fn roots_of_machine() -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // Among hundreds some may be of a kind that is not known here.
    let (added, _ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err(TlsError::NoRoots);
    }
    Ok(Arc::new(roots))
}

pub(crate) fn config(roots: Arc<RootCertStore>, own: Option<CertifiedKey>) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)
        .expect("the provider knows TLS 1.3")
        .with_root_certificates(roots);
    let mut config = match own {
        Some(own) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Arc::new(config)
}
