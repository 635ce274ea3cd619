//! Who is at the other end of a connection that was taken.

use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;

use crate::host;

/// Who calls, as its certificate says: among the extensions of each request.
#[derive(Debug, Clone, Default)]
pub struct Caller(Option<Arc<CertificateDer<'static>>>);

impl Caller {
    pub(crate) fn of(certificate: Option<&CertificateDer<'_>>) -> Self {
        Self(certificate.map(|it| Arc::new(it.clone().into_owned())))
    }

    /// Whether it may be who is reached at `address`, which is `host:port`: its certificate is valid
    /// for that host. A caller without a certificate may be anybody: whether one is needed was
    /// decided when the connection was made.
    #[must_use]
    pub fn may_be_at(&self, address: &str) -> bool {
        let Some(certificate) = &self.0 else {
            return true;
        };
        let Some(name) = host::name(address) else {
            return false;
        };
        ParsedCertificate::try_from(&**certificate)
            .is_ok_and(|it| verify_server_name(&it, &name).is_ok())
    }
}
