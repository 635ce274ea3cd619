//! Connections to other nodes: made when they are needed, and again when they are lost.

use ackord_machine::LinkError;
use tonic::transport::{Channel, Endpoint};

use crate::limits::{CONNECT_MAX, CONNECTION_WINDOW, KEEPALIVE, KEEPALIVE_MAX, STREAM_WINDOW};

/// A channel to `address`, which is `host:port`. Does not connect yet.
///
/// # Errors
/// It is no address.
pub(crate) fn open(address: &str) -> Result<Channel, LinkError> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|error| LinkError::Unreachable(format!("{address} is no address: {error}")))?;
    Ok(endpoint
        .connect_timeout(CONNECT_MAX)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_MAX)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .connect_lazy())
}
