//! Connections to other nodes: made when they are needed, and again when they are lost.

use ackord_machine::LinkError;
use ackord_tls::Mutual;
use tonic::transport::{Channel, Endpoint};

use crate::limits::{CONNECT_MAX, CONNECTION_WINDOW, KEEPALIVE, KEEPALIVE_MAX, STREAM_WINDOW};

/// A channel to `address`, which is `host:port`: under TLS, whoever answers has a certificate of
/// the cluster for that host. Does not connect yet.
///
/// # Errors
/// It is no address.
pub(crate) fn open(address: &str, tls: Option<&Mutual>) -> Result<Channel, LinkError> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))
        .map_err(|error| LinkError::Unreachable(format!("{address} is no address: {error}")))?;
    let endpoint = endpoint
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_MAX)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    #[cfg(not(madsim))]
    if let Some(tls) = tls {
        // The handshake has a time of its own.
        let connector = tls.connector().within(CONNECT_MAX);
        return Ok(endpoint.connect_with_connector_lazy(connector));
    }
    Ok(endpoint.connect_timeout(CONNECT_MAX).connect_lazy())
}
