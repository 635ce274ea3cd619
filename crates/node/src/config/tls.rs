//! Files of certificates and keys, in PEM form. Paths are taken as that of the data directory is:
//! whole, or from the directory in which the node is started.

use std::path::PathBuf;

use serde::Deserialize;

/// The certificate that the API shows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate, with those that vouch for it, if any, behind it.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The CA whose certificates clients must show, besides their tokens. Not set: they show none.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
}

/// The certificates that members show each other, whoever calls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerTls {
    /// This member's, for the host of its address, as a server and as a client.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The cluster's own CA: whoever has a certificate of it may be a member.
    pub ca: PathBuf,
}

#[cfg(not(madsim))]
impl From<Tls> for ackord_tls::ServerFiles {
    fn from(it: Tls) -> Self {
        let (cert, key) = (it.cert, it.key);
        Self {
            pair: ackord_tls::Pair { cert, key },
            client_ca: it.client_ca,
        }
    }
}

#[cfg(not(madsim))]
impl From<PeerTls> for ackord_tls::MutualFiles {
    fn from(it: PeerTls) -> Self {
        let (cert, key) = (it.cert, it.key);
        Self {
            pair: ackord_tls::Pair { cert, key },
            ca: it.ca,
        }
    }
}
