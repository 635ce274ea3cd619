//! Files in PEM form, and what they hold.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::error::TlsError;
use crate::version::provider;

/// A certificate with those that vouch for it, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate's file; it may hold the chain.
    pub cert: PathBuf,
    /// The file of its private key.
    pub key: PathBuf,
}

impl Pair {
    /// Whether everybody on this machine may read the key.
    #[must_use]
    pub fn is_key_open(&self) -> bool {
        fs::metadata(&self.key).is_ok_and(|it| it.mode() & 0o007 != 0)
    }
}

/// What stands in a file. Not shown: it may be a key.
pub(crate) struct Pem {
    pub(crate) path: PathBuf,
    pub(crate) text: Vec<u8>,
}

impl Pem {
    pub(crate) fn read(path: &Path) -> Result<Self, TlsError> {
        let path = path.to_owned();
        match fs::read(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(source) => Err(TlsError::Read { path, source }),
        }
    }

    /// At least one.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.text).collect();
        let all = all.map_err(|it| self.unfit(it))?;
        if all.is_empty() {
            return Err(TlsError::NoCertificate(self.path.clone()));
        }
        Ok(all)
    }

    /// Those who may vouch for others.
    pub(crate) fn roots(&self) -> Result<Arc<RootCertStore>, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates()? {
            roots.add(certificate).map_err(|it| self.unfit(it))?;
        }
        Ok(Arc::new(roots))
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let key = PrivateKeyDer::from_pem_slice(&self.text);
        key.map_err(|_| TlsError::NoKey(self.path.clone()))
    }

    /// The certificate of this file, with its key.
    pub(crate) fn with_key(&self, key: &Self) -> Result<CertifiedKey, TlsError> {
        let chain = self.certificates()?;
        let pair = CertifiedKey::from_der(chain, key.key()?, &provider());
        pair.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsError::OtherKey {
                key: key.path.clone(),
                cert: self.path.clone(),
            },
            other => self.unfit(other),
        })
    }

    pub(crate) fn unfit(&self, reason: impl ToString) -> TlsError {
        TlsError::Unfit {
            path: self.path.clone(),
            reason: reason.to_string(),
        }
    }
}
