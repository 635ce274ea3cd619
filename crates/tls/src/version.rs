//! What is spoken.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{SupportedProtocolVersion, version};

/// See the crate.
pub(crate) const VERSIONS: &[&SupportedProtocolVersion] = &[&version::TLS13];
/// HTTP/2, as gRPC needs it.
pub(crate) const ALPN: &[u8] = b"h2";
/// What is spoken to senders of webhooks, whose programs are others' and may be old.
pub(crate) const WEB_VERSIONS: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
/// The same; one that names none speaks HTTP/1.1.
pub(crate) const WEB_ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The cryptography: ring's.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
