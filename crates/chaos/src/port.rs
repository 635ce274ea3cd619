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

/// A port that is ours for as long as this is kept, with others above it if that was asked for.
#[derive(Debug)]
pub struct Port {
    /// Where it is.
    pub address: SocketAddr,
    _claims: Vec<UdpSocket>,
}

impl Port {
    /// One of `127.0.0.1`.
    ///
    /// # Panics
    /// None is free.
    #[must_use]
    pub fn local() -> Self {
        Self::with(&[])
    }

    /// One of `127.0.0.1`, and those that are so far above it.
    ///
    /// # Panics
    /// None is free that has these free as well.
    #[must_use]
    pub fn with(above: &[u16]) -> Self {
        Self::find(Ipv4Addr::LOCALHOST.into(), above).expect("loopback has free ports")
    }

    /// One of `127.0.0.1` for so many nodes of `ackord dev`, with all that these take above it: one
    /// after the other for clients, and as many each for peers, figures and webhooks.
    ///
    /// # Panics
    /// None is free that has these free as well.
    #[must_use]
    pub fn for_dev(nodes: u16) -> Self {
        let kinds = [0_u16, 100, 200, 300].into_iter();
        let all = kinds.flat_map(|kind| (0..nodes).map(move |at| kind + at));
        let above: Vec<_> = all.filter(|it| *it > 0).collect();
        Self::with(&above)
    }

    /// One of `ip`.
    ///
    /// # Errors
    /// None is free, or `ip` is not of this machine.
    pub fn of(ip: IpAddr) -> io::Result<Self> {
        Self::find(ip, &[])
    }

    fn find(ip: IpAddr, above: &[u16]) -> io::Result<Self> {
        let highest = above.iter().max().copied().unwrap_or(0);
        let mut last = io::ErrorKind::AddrInUse.into();
        for _ in 0..TRIES {
            let port = rand::rng().random_range(RANGE.start..RANGE.end - highest);
            let all = std::iter::once(port).chain(above.iter().map(|it| port + it));
            let claims: io::Result<Vec<_>> = all.map(|it| claim((ip, it).into())).collect();
            match claims {
                Ok(_claims) => {
                    let address = (ip, port).into();
                    return Ok(Self { address, _claims });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Takes a port from other tests, if no server has it.
fn claim(address: SocketAddr) -> io::Result<UdpSocket> {
    let claim = UdpSocket::bind(address)?;
    TcpListener::bind(address)?;
    Ok(claim)
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

    #[test]
    fn ports_above_one_are_kept_with_it() {
        let port = Port::with(&[1, 300]);
        for above in [0, 1, 300] {
            let address = (port.address.ip(), port.address.port() + above);
            let again = UdpSocket::bind(address);
            assert_eq!(again.expect_err("held").kind(), io::ErrorKind::AddrInUse);
            assert!(RANGE.contains(&address.1));
        }
    }
}
