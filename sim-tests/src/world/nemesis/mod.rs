//! What breaks things, and mends them again.

mod birth;
mod links;
mod many;
mod victim;

use std::ops::RangeInclusive;
use std::time::Duration;

use madsim::net::NetSim;
use madsim::task::JoinHandle;

use super::host::Host;
use super::scene::Scene;
use super::server::Server;
use crate::draw::Draw;
use crate::history;
use crate::plan::{ClusterFault, Fault};
use links::Links;
use many::Crowd;
use victim::Victim;

pub(super) use birth::disturb;

/// Breaks things until the storm is over. When it returns, all is whole again.
pub(super) async fn rage(scene: &Scene, servers: &[Server], clients: &[Host]) {
    let mut nemesis = Nemesis {
        scene,
        servers,
        clients,
        links: Links::new(servers),
        draw: scene.draw.fork("nemesis"),
        strikes: 0,
        broken: vec![],
    };
    let strikes = all_strikes(scene);
    let longest = u64::try_from(scene.plan.fault_pause.as_millis()).expect("a short time");
    while !strikes.is_empty() && !scene.is_calm() {
        scene.pause(nemesis.draw.millis(100..=longest)).await;
        match *nemesis.draw.pick(&strikes) {
            Strike::Single(fault) => nemesis.strike(fault),
            Strike::Cluster(fault) => nemesis.strike_cluster(fault),
        }
    }
    for mended in nemesis.broken {
        mended.await.expect("what mends is not killed");
    }
}

#[derive(Debug, Clone, Copy)]
enum Strike {
    Single(Fault),
    Cluster(ClusterFault),
}

/// All that the plan allows.
fn all_strikes(scene: &Scene) -> Vec<Strike> {
    let single = scene.plan.faults.iter().copied().map(Strike::Single);
    let cluster = scene.plan.cluster.faults.iter().copied();
    let cluster = cluster.filter(|it| *it != ClusterFault::Birth);
    single.chain(cluster.map(Strike::Cluster)).collect()
}

struct Nemesis<'a> {
    scene: &'a Scene,
    servers: &'a [Server],
    clients: &'a [Host],
    links: Links,
    draw: Draw,
    strikes: u64,
    /// What is broken, and mends itself.
    broken: Vec<JoinHandle<()>>,
}

impl Nemesis<'_> {
    fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::Kill => self.at_one(Victim::kill),
            Fault::PowerLoss => self.at_one(Victim::lose_power),
            Fault::Stop => self.at_one(Victim::stop),
            Fault::Freeze => self.at_one(Victim::freeze),
            Fault::Point => self.at_one(Victim::die_at_a_point),
            Fault::Disk => self.at_one(Victim::break_disk),
            Fault::SlowDisk => self.at_one(Victim::slow_down),
            Fault::Flush => self.draw.pick(self.servers).flush(),
            Fault::Clock => {
                let server = self.draw.pick(self.servers);
                server.set_clock(&mut self.draw);
            }
            Fault::Clog => self.clog(),
            Fault::Unheard => self.unheard(),
            Fault::Stall => self.stall(),
            Fault::Latency => self.latency(),
        }
    }

    fn strike_cluster(&mut self, fault: ClusterFault) {
        let (links, draw) = (self.links.clone(), self.fork());
        match fault {
            ClusterFault::Split => self.spawn(links.split(self.scene.clone(), draw)),
            ClusterFault::OneWay => self.spawn(links.one_way(self.scene.clone(), draw)),
            ClusterFault::Isolate => self.spawn(links.isolate(self.scene.clone(), draw)),
            ClusterFault::Flap => self.spawn(links.flap(self.scene.clone(), draw)),
            ClusterFault::Swizzle => self.spawn(links.swizzle(self.scene.clone(), draw)),
            ClusterFault::Bridge => self.spawn(links.bridge(self.scene.clone(), draw)),
            ClusterFault::Blackout => {
                let crowd = Crowd::gather(self.scene, &self.inside(), draw);
                self.spawn(crowd.blackout());
            }
            ClusterFault::Rotate => {
                let crowd = Crowd::gather(self.scene, &self.inside(), draw);
                self.spawn(crowd.rotate());
            }
            ClusterFault::Behind => self.at_one(Victim::fall_behind),
            ClusterFault::HandOver => self.hand_over(),
            ClusterFault::Loss => self.lose_messages(),
            ClusterFault::Birth => {}
        }
    }

    /// The servers that are a part of the cluster, or are to be.
    fn inside(&self) -> Vec<Server> {
        let inside = self.servers.iter().filter(|it| !it.is_out());
        inside.cloned().collect()
    }

    /// Breaks a server that nobody else breaks, unless a majority is to be spared.
    fn at_one<F>(&mut self, suffer: impl FnOnce(Victim) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let draw = self.fork();
        let cluster = &self.scene.plan.cluster;
        // Nobody runs on the others, so nothing would follow what ends there.
        let inside = self.inside();
        let held = inside.iter().filter(|it| it.is_held()).count();
        if cluster.nodes > 1 && cluster.spares_majority && held >= cluster.minority() {
            return;
        }
        let server = self.draw.pick(&inside);
        if let Some(victim) = Victim::take(self.scene, self.servers, server, draw) {
            self.spawn(suffer(victim));
        }
    }

    fn hand_over(&mut self) {
        let leads = |it: &&Server| it.status().is_some_and(|it| it.leads);
        let Some(leader) = self.servers.iter().find(leads).cloned() else {
            return;
        };
        let to = self.draw.pick(self.servers).clone();
        self.spawn(async move { leader.hand_over(&to).await });
    }

    fn clog(&mut self) {
        let client = self.draw.pick(self.clients).clone();
        let name = client.name().to_owned();
        self.scene
            .recorder
            .fault(history::Fault::Clog { client: name });
        client.clog();
        self.mend_after(100..=12_000, move || client.unclog());
    }

    fn unheard(&mut self) {
        let server = self.draw.pick(self.servers).clone();
        let client = self.draw.pick(self.clients).clone();
        self.scene.recorder.fault(history::Fault::Unheard {
            server: server.number(),
            client: client.name().to_owned(),
        });
        let (from, to) = (server.node(), client.node());
        NetSim::current().clog_link(from, to);
        self.mend_after(500..=8_000, move || {
            NetSim::current().unclog_link(from, to);
        });
    }

    fn stall(&mut self) {
        let client = self.draw.pick(self.clients).clone();
        let name = client.name().to_owned();
        self.scene
            .recorder
            .fault(history::Fault::Stall { client: name });
        client.pause();
        self.mend_after(100..=20_000, move || client.resume());
    }

    fn latency(&mut self) {
        let most = self.draw.millis(100..=1_500);
        let usual = self.scene.plan.latency;
        let most_ms = u64::try_from(most.as_millis()).expect("a short time");
        self.scene
            .recorder
            .fault(history::Fault::Latency { most_ms });
        set_latency(most);
        self.mend_after(500..=8_000, move || set_latency(usual));
    }

    fn lose_messages(&mut self) {
        let percent = *self.draw.pick(&[1, 5, 20, 40]);
        let recorder = self.scene.recorder.clone();
        recorder.fault(history::Fault::Loss { percent });
        set_loss(percent);
        self.mend_after(500..=8_000, move || {
            recorder.fault(history::Fault::Loss { percent: 0 });
            set_loss(0);
        });
    }

    fn mend_after(&mut self, range: RangeInclusive<u64>, mend: impl FnOnce() + Send + 'static) {
        let (scene, length) = (self.scene.clone(), self.draw.millis(range));
        self.spawn(async move {
            scene.pause(length).await;
            mend();
        });
    }

    fn spawn(&mut self, breaking: impl Future<Output = ()> + Send + 'static) {
        self.broken.push(tokio::spawn(breaking));
    }

    /// Draws for the next strike.
    fn fork(&mut self) -> Draw {
        self.strikes += 1;
        self.draw.fork(&format!("strike {}", self.strikes))
    }
}

/// Messages take up to so long from now on.
fn set_latency(most: Duration) {
    NetSim::current().update_config(|it| it.send_latency = Duration::from_micros(200)..most);
}

/// So many of a hundred messages are lost from now on.
fn set_loss(percent: u32) {
    NetSim::current().update_config(|it| it.packet_loss_rate = f64::from(percent) / 100.0);
}
