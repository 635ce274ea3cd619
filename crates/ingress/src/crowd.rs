//! How many connections there are, in all and of each address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of a server.
#[derive(Debug)]
pub(crate) struct Crowd {
    most: usize,
    most_of_one: usize,
    present: Mutex<Present>,
}

#[derive(Debug, Default)]
struct Present {
    all: usize,
    /// None is zero.
    of: HashMap<IpAddr, usize>,
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Crowded {
    #[error("there are too many connections")]
    All,
    #[error("there are too many connections of this address")]
    Address,
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    crowd: Arc<Crowd>,
    household: IpAddr,
}

impl Crowd {
    pub(crate) fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            most,
            most_of_one,
            present: Mutex::default(),
        }
    }

    /// A place for a connection from `address`.
    pub(crate) fn seat(self: &Arc<Self>, address: IpAddr) -> Result<Seat, Crowded> {
        let household = household(address);
        let mut present = self.present();
        if present.all >= self.most {
            return Err(Crowded::All);
        }
        let of_one = present.of.entry(household).or_default();
        if *of_one >= self.most_of_one {
            return Err(Crowded::Address);
        }
        *of_one += 1;
        present.all += 1;
        drop(present);
        Ok(Seat {
            crowd: Arc::clone(self),
            household,
        })
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut present = self.crowd.present();
        present.all -= 1;
        if let Entry::Occupied(mut of_one) = present.of.entry(self.household) {
            *of_one.get_mut() -= 1;
            if *of_one.get() == 0 {
                of_one.remove();
            }
        }
    }
}

/// Whom an address belongs to: whoever has one of version 6 has all of its network.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) => {
            let [a, b, c, d, ..] = it.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_place_is_free_again_when_a_connection_ends() {
        let crowd = Arc::new(Crowd::new(3, 2));
        let one = crowd.seat(ip("10.0.0.1")).expect("free");
        let _two = crowd.seat(ip("10.0.0.1")).expect("free");
        let third = crowd.seat(ip("10.0.0.1")).expect_err("it has two");
        assert_eq!(third, Crowded::Address);
        let _other = crowd.seat(ip("10.0.0.2")).expect("free");
        assert_eq!(crowd.seat(ip("10.0.0.3")).expect_err("full"), Crowded::All);
        drop(one);
        let _again = crowd.seat(ip("10.0.0.1")).expect("free again");
        assert_eq!(crowd.present().all, 3);
    }

    #[test]
    fn who_has_gone_leaves_nothing_behind() {
        let crowd = Arc::new(Crowd::new(3, 2));
        drop(crowd.seat(ip("10.0.0.1")).expect("free"));
        assert!(crowd.present().of.is_empty());
    }

    #[test]
    fn a_network_of_version_6_is_one_address() {
        let crowd = Arc::new(Crowd::new(9, 1));
        let _one = crowd.seat(ip("2001:db8:0:1::1")).expect("free");
        crowd.seat(ip("2001:db8:0:1::2")).expect_err("the same");
        let _other = crowd.seat(ip("2001:db8:0:2::1")).expect("another one");
        let _v4 = crowd.seat(ip("10.0.0.1")).expect("free");
        crowd.seat(ip("::ffff:10.0.0.1")).expect_err("the same");
    }
}
