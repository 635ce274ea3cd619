//! The side of the host: JSON-RPC on lines, the handshake, and calls of tools.

mod host;
mod lines;
#[cfg(test)]
mod tests;

pub(crate) use host::Host;
pub(crate) use lines::Lines;
