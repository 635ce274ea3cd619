//! Ports of this machine that nobody else takes, though nothing listens on them for a while.
//!
//! A port that the system has picked is free again as soon as it is let go, and may be the next one that
//! an outgoing connection is given. So these are below the range that systems pick from (Linux: 32768 and
//! up, `ip_local_port_range`), and each is held among tests by a UDP socket of the same number, which no
//! node asks for.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use rand::RngExt;

/// Where systems do not pick from.
const RANGE: std::ops::Range<u16> = 10_000..32_000;
/// How many numbers are tried.
const TRIES: usize = 1_000;

/// A port that is ours for as long as this is kept.
#[derive(Debug)]
pub struct Port {
    /// Where it is.
    pub address: SocketAddr,
    _claim: UdpSocket,
}

impl Port {
    /// One of `127.0.0.1`.
    ///
    /// # Panics
    /// None is free.
    #[must_use]
    pub fn local() -> Self {
        Self::of(Ipv4Addr::LOCALHOST.into()).expect("loopback has a free port")
    }

    /// One of `ip`.
    ///
    /// # Errors
    /// None is free, or `ip` is not of this machine.
    pub fn of(ip: IpAddr) -> io::Result<Self> {
        let mut last = io::ErrorKind::AddrInUse.into();
        for _ in 0..TRIES {
            let address = (ip, rand::rng().random_range(RANGE)).into();
            let claim = UdpSocket::bind(address);
            match claim.and_then(|claim| TcpListener::bind(address).map(|_| claim)) {
                Ok(_claim) => return Ok(Self { address, _claim }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_nobody_elses_while_it_is_kept() {
        let port = Port::local();
        let again = UdpSocket::bind(port.address);
        assert_eq!(again.expect_err("held").kind(), io::ErrorKind::AddrInUse);
        TcpListener::bind(port.address).expect("a server may have it");
        assert!(RANGE.contains(&port.address.port()));
    }
}
