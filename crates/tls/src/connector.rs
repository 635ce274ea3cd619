//! Connections to servers.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncBufReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tonic::codegen::http::Uri;
use tower_service::Service;

use crate::version::ALPN;
use crate::{host, reason};

/// How long a server may take for its handshake.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// How long a server may keep its first word to itself.
const FIRST_WORD_MAX: Duration = Duration::from_secs(1);
/// Where the address names no port.
const PORT_DEFAULT: u16 = 443;

/// Connects to servers, for tonic's endpoints. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    config: Arc<dyn Fn() -> Arc<ClientConfig> + Send + Sync>,
    name: Option<Arc<str>>,
    connect_max: Option<Duration>,
}

/// Why there is no connection: nothing was sent on it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A certificate cannot name it.
    #[error("{0} is no host")]
    NoAddress(String),
    /// Nobody takes connections there.
    #[error("connect")]
    Connect(#[source] io::Error),
    /// Nobody takes connections there within the time that is set.
    #[error("it takes no connection in time")]
    Slow,
    /// The handshake does not go well: one of the two does not trust the other, or they do not
    /// speak the same.
    #[error("TLS: {0}")]
    Tls(String),
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Connector {
    pub(crate) fn new(config: impl Fn() -> Arc<ClientConfig> + Send + Sync + 'static) -> Self {
        Self {
            config: Arc::new(config),
            name: None,
            connect_max: None,
        }
    }

    /// Expects a server's certificate to be for `name`, and not for the host that is called: where
    /// a server is reached through another address.
    #[must_use]
    pub fn expects(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Waits no longer for a connection; the handshake has a time of its own.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.connect_max = Some(limit);
        self
    }

    async fn connect(self, to: Uri) -> Result<TlsStream<TcpStream>, ConnectError> {
        let no_address = |it: &dyn fmt::Display| ConnectError::NoAddress(it.to_string());
        let called = to.host().ok_or_else(|| no_address(&to))?;
        let expected = self.name.as_deref().unwrap_or(called);
        let name = host::name(expected).ok_or_else(|| no_address(&expected))?;
        let called = called.trim_start_matches('[').trim_end_matches(']');
        let port = to.port_u16().unwrap_or(PORT_DEFAULT);
        let tcp = TcpStream::connect((called, port));
        let tcp = match self.connect_max {
            Some(limit) => timeout(limit, tcp).await.map_err(|_| ConnectError::Slow)?,
            None => tcp.await,
        };
        let tcp = tcp.map_err(ConnectError::Connect)?;
        tcp.set_nodelay(true).map_err(ConnectError::Connect)?;
        let config = self.config;
        // It may look at files.
        let config = tokio::task::spawn_blocking(move || config()).await;
        let config = config.unwrap_or_else(|it| std::panic::resume_unwind(it.into_panic()));
        let shaken = timeout(HANDSHAKE_MAX, shake(tcp, name, config)).await;
        shaken.unwrap_or(Err(ConnectError::Slow))
    }
}

async fn shake(
    tcp: TcpStream,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, ConnectError> {
    let connector = tokio_rustls::TlsConnector::from(config);
    let mut tls = connector.connect(name, tcp).await.map_err(failed)?;
    if tls.get_ref().1.alpn_protocol() != Some(ALPN) {
        return Err(ConnectError::Tls(reason::of(
            &rustls::Error::NoApplicationProtocol,
        )));
    }
    // A server judges our certificate after our side of the handshake is done. That it lets us in
    // shows in its first word, which in HTTP/2 needs no question; one that waits for ours all the
    // same is believed after a while.
    match timeout(FIRST_WORD_MAX, tls.fill_buf()).await {
        Ok(Ok([])) => Err(ConnectError::Tls(
            "it closes the connection at once".to_owned(),
        )),
        Ok(Err(error)) => Err(failed(error)),
        Ok(Ok(_)) | Err(_) => Ok(tls),
    }
}

fn failed(error: io::Error) -> ConnectError {
    match reason::find(&error) {
        Some(it) => ConnectError::Tls(reason::of(it)),
        None => ConnectError::Tls(format!("the handshake breaks off: {error}")),
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = ConnectError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        self.clone()
            .connect(to)
            .map(|it| it.map(TokioIo::new))
            .boxed()
    }
}
