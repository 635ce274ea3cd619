//! The files of a node among its peers: what peers would refuse is refused at once.

use std::time::{Duration, SystemTime};

use ackord_tls::mint::{Authority, Minted};
use ackord_tls::{Figures, Mutual, MutualFiles, TlsError};

use crate::support::{Files, HERE, today, yesterday};

fn ca() -> Authority {
    Authority::make().expect("made")
}

fn open(files: &Files, ca: &Authority, own: &Minted, address: &str) -> Result<Mutual, TlsError> {
    let files = MutualFiles {
        pair: files.pair("node", own),
        ca: files.ca("cluster.crt", ca),
    };
    Mutual::open(files, address, Figures::default())
}

#[test]
fn what_peers_would_refuse_is_refused_at_once() {
    let (files, ca) = (Files::new(), ca());
    let refused = |own: Minted, address: &str| {
        open(&files, &ca, &own, address)
            .expect_err("refused")
            .to_string()
    };
    let minted = |names: &[&str]| ca.mint(names, today()).expect("minted");

    let words = refused(minted(&["a.example"]), "b.example:7500");
    assert!(words.contains("not for b.example, but for"), "{words}");
    let foreign = Authority::make().expect("made").mint(&[HERE], today());
    let words = refused(foreign.expect("minted"), HERE);
    assert!(words.contains("not of a CA"), "{words}");
    let words = refused(ca.mint(&[HERE], yesterday()).expect("minted"), HERE);
    assert!(words.contains("too old"), "{words}");
    let mut mixed = minted(&[HERE]);
    mixed.key = minted(&[HERE]).key;
    assert!(refused(mixed, HERE).contains("is not the one of the certificate"));
    let mut swapped = minted(&[HERE]);
    std::mem::swap(&mut swapped.cert, &mut swapped.key);
    assert!(refused(swapped, HERE).contains("holds no certificate"));
}

#[test]
fn names_and_numbers_are_both_hosts() {
    let (files, ca) = (Files::new(), ca());
    let own = ca
        .mint(&["a.example", "10.0.0.1", "::1"], today())
        .expect("minted");
    for address in ["a.example:7500", "10.0.0.1:7500", "[::1]:7500"] {
        open(&files, &ca, &own, address).expect("it is for all of them");
    }
}

#[test]
fn a_certificate_tells_when_it_ends() {
    let (files, ca) = (Files::new(), ca());
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    let own = ca.mint(&[HERE], today().start..end).expect("minted");
    assert_eq!(
        open(&files, &ca, &own, HERE).expect("good").end(),
        Some(end)
    );
}

#[test]
fn a_ca_goes_on_after_a_restart() {
    let (files, first) = (Files::new(), ca());
    let again = Authority::again(&first.minted()).expect("its own key");
    let own = again.mint(&[HERE], today()).expect("minted");
    open(&files, &first, &own, HERE).expect("it is of the same CA");
    let no_key = Minted {
        key: String::new(),
        ..first.minted()
    };
    assert!(Authority::again(&no_key).is_err());
}
