//! Three nodes under TLS: members know each other by their certificates, clients know the nodes by
//! theirs, and all of them change while they are in use.

mod clients;
mod joining;
mod peers;
mod rotation;

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ackord_chaos::fleet::Fleet;
use ackord_chaos::host::Host;
use ackord_client::Tls;
use ackord_tls::Pair;
use ackord_tls::mint::Authority;
use tempfile::TempDir;

use crate::{ALL, PROGRAM};

/// Three nodes, each on an address of its own, with certificates for these.
struct Secured {
    dir: TempDir,
    fleet: Fleet,
    ca: Authority,
}

impl Secured {
    async fn born() -> Self {
        Self::of(|_| ()).await
    }

    /// The same, where a stall makes none miss the leader: where no leader is killed.
    async fn calm() -> Self {
        Self::of(|it| it.calm().expect("written")).await
    }

    async fn of(setup: impl FnOnce(&mut Fleet)) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let host = |at: usize| Host {
            ip: ip(at).into(),
            namespace: None,
            data_dir: dir.path().join(format!("node-{at}")),
        };
        let hosts = ALL.map(host).into();
        let mut fleet = Fleet::on(hosts, Path::new(PROGRAM), dir.path()).expect("written");
        setup(&mut fleet);
        let ca = Authority::make().expect("made");
        let mut it = Self { dir, fleet, ca };
        let ca = it.write("ca.crt", &it.ca.minted().cert);
        for at in ALL {
            it.configure(at, &it.certify(at, &it.ca));
        }
        it.fleet.trust(Tls {
            ca: Some(ca),
            ..Tls::default()
        });
        it.fleet.start_all().expect("they run");
        it.fleet.serving(&ALL).await.expect("they serve");
        it
    }

    fn configure(&self, at: usize, pair: &Pair) {
        let Pair { cert, key } = pair;
        let ca = self.dir.path().join("ca.crt");
        let sections = format!(
            "[tls]\ncert = {cert:?}\nkey = {key:?}\n\
             [cluster.tls]\ncert = {cert:?}\nkey = {key:?}\nca = {ca:?}\n"
        );
        self.fleet.configure_more(at, &sections).expect("written");
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("written");
        path
    }

    /// A new certificate for a node.
    fn certify(&self, at: usize, ca: &Authority) -> Pair {
        self.pair(&format!("node-{at}"), ca, &ip(at).to_string())
    }

    fn pair(&self, name: &str, ca: &Authority, host: &str) -> Pair {
        let (now, day) = (SystemTime::now(), Duration::from_secs(24 * 3600));
        let minted = ca.mint(&[host], now - day..now + day).expect("minted");
        Pair {
            cert: self.write(&format!("{name}.crt"), &minted.cert),
            key: self.write(&format!("{name}.key"), &minted.key),
        }
    }
}

fn ip(at: usize) -> Ipv4Addr {
    let last = u8::try_from(at + 1).expect("few nodes");
    Ipv4Addr::new(127, 0, 0, last)
}
