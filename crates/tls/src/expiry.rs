//! When a certificate ends.

use std::time::{Duration, SystemTime};

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use crate::version::provider;

/// After every date that a certificate can name.
const END_OF_TIME: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1 << 39));

/// When it ends; none if it cannot be read. A verifier tells the date of what has expired, and by
/// the end of time all have.
pub(crate) fn end(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let algorithms = provider().signature_verification_algorithms.all;
    let verdict = verify_server_cert_signed_by_trust_anchor(
        &parsed,
        &RootCertStore::empty(),
        &[],
        END_OF_TIME,
        algorithms,
    );
    match verdict {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            let since = Duration::from_secs(not_after.as_secs());
            SystemTime::UNIX_EPOCH.checked_add(since)
        }
        _ => None,
    }
}
