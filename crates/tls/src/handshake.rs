//! The beginning of a connection that was taken.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::plain::{self, Begin};
use crate::reason;

/// Why it does not come about.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It does not come within its time.
    #[error("it is silent for {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// Something else than TLS is spoken.
    #[error("it speaks plain text")]
    Plain,
    /// Somebody only looked whether the port is open.
    #[error("it has gone without a word")]
    Gone,
    /// The two do not agree, in words.
    #[error("{0}")]
    Tls(String),
}

/// Greets a caller, who has some time.
pub(crate) async fn greet(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    within: Duration,
) -> Result<TlsStream<TcpStream>, Refused> {
    let shaken = timeout(within, shake(tcp, config)).await;
    shaken.unwrap_or(Err(Refused::Silent(within)))
}

async fn shake(tcp: TcpStream, config: Arc<ServerConfig>) -> Result<TlsStream<TcpStream>, Refused> {
    let broken = |error: std::io::Error| match reason::find(&error) {
        Some(it) => Refused::Tls(reason::of(it)),
        None => Refused::Tls(format!("it breaks off: {error}")),
    };
    match plain::begin(&tcp).await.unwrap_or(Begin::Gone) {
        Begin::Tls => TlsAcceptor::from(config).accept(tcp).await.map_err(broken),
        Begin::Gone => Err(Refused::Gone),
        Begin::Plain => {
            // It may be gone.
            let _told = plain::answer(tcp).await;
            Err(Refused::Plain)
        }
    }
}
