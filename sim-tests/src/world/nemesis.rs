//! What breaks things, and mends them again.

use std::time::Duration;

use madsim::net::NetSim;
use madsim::task::JoinHandle;
use tokio::time::sleep;

use super::host::Host;
use super::recorder::now;
use super::scene::Scene;
use super::server::Server;
use crate::draw::Draw;
use crate::history::{self, DiskFault};
use crate::plan::Fault;

/// How long a loss of power waits for the worst moment.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at a server.
const INSTANT: Duration = Duration::from_millis(20);
/// Longest downtime of a server, in milliseconds.
const DOWN_MAX: u64 = 6_000;

/// Breaks things until the storm is over. When it returns, all is whole again.
pub(super) async fn rage(scene: &Scene, servers: &[Server], clients: &[Host]) {
    let mut nemesis = Nemesis {
        scene,
        clients,
        draw: scene.draw.fork("nemesis"),
        broken: vec![],
    };
    let faults: Vec<Fault> = scene.plan.faults.iter().copied().collect();
    let longest = u64::try_from(scene.plan.fault_pause.as_millis()).expect("a short time");
    while !faults.is_empty() && !scene.is_calm() {
        scene.pause(nemesis.draw.millis(100..=longest)).await;
        let server = nemesis.draw.pick(servers);
        let fault = *nemesis.draw.pick(&faults);
        nemesis.strike(fault, server).await;
    }
    for mended in nemesis.broken {
        mended.await.expect("what mends is not killed");
    }
}

struct Nemesis<'a> {
    scene: &'a Scene,
    clients: &'a [Host],
    draw: Draw,
    /// What is broken beside a server, and mends itself.
    broken: Vec<JoinHandle<()>>,
}

impl Nemesis<'_> {
    async fn strike(&mut self, fault: Fault, server: &Server) {
        match fault {
            Fault::Kill => {
                server.kill();
                self.leave_down(server).await;
            }
            Fault::PowerLoss => {
                let unsynced = self.draw.index(4);
                server.wait_for_unsynced(unsynced, PATIENCE).await;
                server.power_loss(&mut self.draw);
                self.leave_down(server).await;
            }
            Fault::Stop => {
                server.stop().await;
                self.leave_down(server).await;
            }
            Fault::Freeze => {
                server.pause();
                self.scene.pause(self.draw.millis(50..=DOWN_MAX)).await;
                server.resume();
            }
            Fault::Flush => server.flush(),
            Fault::Disk => self.break_disk(server).await,
            Fault::Clock => server.set_clock(&mut self.draw),
            Fault::Clog => self.clog(),
            Fault::Stall => self.stall(),
            Fault::Latency => self.latency(),
        }
    }

    async fn leave_down(&mut self, server: &Server) {
        self.scene.pause(self.draw.millis(20..=DOWN_MAX)).await;
        server.start();
    }

    /// A process whose disk fails ends itself. Its machine starts another one.
    async fn break_disk(&mut self, server: &Server) {
        let count = self.draw.within(0..=20);
        let how = *self.draw.pick(&[
            DiskFault::Write(count),
            DiskFault::Sync(count),
            DiskFault::Full,
        ]);
        server.break_disk(how);
        let end = now() + PATIENCE;
        while now() < end && !server.has_ended() {
            sleep(INSTANT).await;
        }
        server.mend_disk();
        server.ready().await;
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

    fn mend_after(
        &mut self,
        range: std::ops::RangeInclusive<u64>,
        mend: impl FnOnce() + Send + 'static,
    ) {
        let (scene, length) = (self.scene.clone(), self.draw.millis(range));
        self.broken.push(tokio::spawn(async move {
            scene.pause(length).await;
            mend();
        }));
    }
}

/// Messages take up to so long from now on.
pub(super) fn set_latency(most: Duration) {
    NetSim::current().update_config(|it| it.send_latency = Duration::from_micros(200)..most);
}
