//! A CA in a process, and certificates of it: for trying, and for tests. It keeps no list of what it
//! made and takes nothing back.

use std::fmt;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use sha2::{Digest, Sha256};

/// The name of every CA that is made here begins so, and ends with a piece of its key's hash: two of
/// one name are hard to tell apart for whoever reads why one is refused.
const NAME: &str = "Ackord development CA";
/// How long a CA lives.
const CA_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// Another machine's clock may be so much behind.
pub const SKEW: Duration = Duration::from_secs(3600);

/// A CA.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    cert: String,
}

/// A certificate and its key, in PEM form.
#[derive(Clone, PartialEq, Eq)]
pub struct Minted {
    /// The certificate.
    pub cert: String,
    /// The key. A secret.
    pub key: String,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// A certificate cannot name it.
    #[error("{0:?} is no name of a machine")]
    Name(String),
    /// A file holds another kind of key, or none.
    #[error("the key of the CA cannot be used")]
    Key(#[source] rcgen::Error),
    /// It cannot be made.
    #[error("make a certificate")]
    Make(#[from] rcgen::Error),
}

impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minted")
            .field("cert", &self.cert)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("cert", &self.cert)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes one, with a key of its own, for ten years.
    ///
    /// # Errors
    /// No key can be drawn.
    pub fn make() -> Result<Self, MintError> {
        let key = KeyPair::generate()?;
        let now = SystemTime::now();
        let mut params = params(&key);
        params.not_before = (now - SKEW).into();
        params.not_after = (now + CA_LIFE).into();
        let cert = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        Ok(Self { issuer, cert })
    }

    /// One that was [made](Self::make) before.
    ///
    /// # Errors
    /// The key is none.
    pub fn again(made: &Minted) -> Result<Self, MintError> {
        let key = KeyPair::from_pem(&made.key).map_err(MintError::Key)?;
        Ok(Self {
            issuer: Issuer::new(params(&key), key),
            cert: made.cert.clone(),
        })
    }

    /// Its own certificate, and its key.
    #[must_use]
    pub fn minted(&self) -> Minted {
        Minted {
            cert: self.cert.clone(),
            key: self.issuer.key().serialize_pem(),
        }
    }

    /// Makes a certificate for whoever is reached by these names or numbers, as a server and as a
    /// client.
    ///
    /// # Errors
    /// One of the names is none.
    pub fn mint(&self, names: &[&str], valid: Range<SystemTime>) -> Result<Minted, MintError> {
        let mut params = CertificateParams::default();
        for name in names {
            let alone = CertificateParams::new([(*name).to_owned()]);
            let alone = alone.map_err(|_| MintError::Name((*name).to_owned()))?;
            params.subject_alt_names.extend(alone.subject_alt_names);
        }
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(
            DnType::CommonName,
            names.first().copied().unwrap_or_default(),
        );
        params.not_before = valid.start.into();
        params.not_after = valid.end.into();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let cert = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Minted {
            cert,
            key: key.serialize_pem(),
        })
    }
}

fn params(key: &KeyPair) -> CertificateParams {
    let hash = Sha256::digest(key.public_key_raw());
    let name = format!(
        "{NAME} {:02x}{:02x}{:02x}{:02x}",
        hash[0], hash[1], hash[2], hash[3]
    );
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}
