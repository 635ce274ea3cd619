//! What carries nothing between servers. Clients reach all of them, whatever is cut here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use madsim::net::NetSim;
use tokio::time::sleep;

use super::super::scene::Scene;
use super::super::server::Server;
use crate::draw::Draw;
use crate::history::Fault;

/// Longest time for which something is cut, in milliseconds.
const CUT_MAX: u64 = 12_000;

/// Longest time between two steps of many, in milliseconds.
const STEP_MAX: u64 = 2_500;

/// The links between servers. Cheap to clone; all clones are the same ones.
#[derive(Clone)]
pub(super) struct Links {
    servers: Arc<[Server]>,
    /// Something is cut. More at the same time would be a different shape when one part is mended.
    is_cut: Arc<AtomicBool>,
}

/// From whom to whom, as places in the list of servers.
type Link = (usize, usize);

impl Links {
    pub(super) fn new(servers: &[Server]) -> Self {
        Self {
            servers: servers.into(),
            is_cut: Arc::default(),
        }
    }

    /// Two parts that do not reach each other.
    pub(super) async fn split(self, scene: Scene, mut draw: Draw) {
        let links = self.across(&mut draw);
        self.cut_for_a_while(&scene, &mut draw, links).await;
    }

    /// A server is not heard by some whom it hears, or does not hear some who hear it.
    pub(super) async fn one_way(self, scene: Scene, mut draw: Draw) {
        let one = draw.index(self.servers.len());
        let is_mute = draw.chance(50);
        let mut others = self.others(one);
        let dropped = draw.index(others.len());
        others.truncate(others.len() - dropped);
        let links = others.into_iter();
        let links = links.map(|it| if is_mute { (one, it) } else { (it, one) });
        let links = links.collect();
        self.cut_for_a_while(&scene, &mut draw, links).await;
    }

    /// The leader is by itself, or hears nobody, or is heard by nobody.
    pub(super) async fn isolate(self, scene: Scene, mut draw: Draw) {
        let mut servers = self.servers.iter();
        let leader = servers.position(|it| it.status().is_some_and(|it| it.leads));
        let leader = leader.unwrap_or_else(|| draw.index(self.servers.len()));
        let (hears, is_heard) = *draw.pick(&[(false, false), (false, true), (true, false)]);
        let mut links = Vec::new();
        for other in self.others(leader) {
            links.extend((!hears).then_some((other, leader)));
            links.extend((!is_heard).then_some((leader, other)));
        }
        self.cut_for_a_while(&scene, &mut draw, links).await;
    }

    /// Two parts that now reach each other, and now do not.
    pub(super) async fn flap(self, scene: Scene, mut draw: Draw) {
        let links = self.across(&mut draw);
        for _ in 0..draw.within(3..=10) {
            if scene.is_calm() || !self.cut(&scene, &links) {
                return;
            }
            sleep(draw.millis(50..=1_500)).await;
            self.join(&scene, &links);
            sleep(draw.millis(50..=1_500)).await;
        }
    }

    /// Two parts that do not reach each other, but for one server that reaches both.
    pub(super) async fn bridge(self, scene: Scene, mut draw: Draw) {
        let bridge = draw.index(self.servers.len());
        let across = self.across(&mut draw).into_iter();
        let links = across.filter(|(from, to)| *from != bridge && *to != bridge);
        let links = links.collect();
        self.cut_for_a_while(&scene, &mut draw, links).await;
    }

    /// One server after the other loses all its links, and they get them back in another order.
    pub(super) async fn swizzle(self, scene: Scene, mut draw: Draw) {
        if self.is_cut.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut cut: Vec<usize> = Vec::new();
        let count = draw.within(1..=self.servers.len() as u64);
        for _ in 0..count {
            let others = self.servers.len();
            let free: Vec<usize> = (0..others).filter(|it| !cut.contains(it)).collect();
            cut.push(*draw.pick(&free));
            self.set(&scene, &self.around(&cut));
            scene.pause(draw.millis(50..=STEP_MAX)).await;
        }
        while !cut.is_empty() {
            let before = self.around(&cut);
            cut.swap_remove(draw.index(cut.len()));
            self.unclog(&before);
            scene.recorder.fault(Fault::Join);
            self.set(&scene, &self.around(&cut));
            scene.pause(draw.millis(50..=STEP_MAX)).await;
        }
        self.is_cut.store(false, Ordering::Relaxed);
    }

    /// All links of these.
    fn around(&self, of: &[usize]) -> Vec<Link> {
        let all = 0..self.servers.len();
        let pairs = all
            .clone()
            .flat_map(|from| all.clone().map(move |to| (from, to)));
        let touches = |it: &Link| of.contains(&it.0) || of.contains(&it.1);
        pairs.filter(|it| it.0 != it.1 && touches(it)).collect()
    }

    /// The links between a random part and the rest.
    fn across(&self, draw: &mut Draw) -> Vec<Link> {
        let count = self.servers.len();
        let mut one_side: Vec<usize> = (0..count).filter(|_| draw.chance(50)).collect();
        if one_side.is_empty() || one_side.len() == count {
            one_side = vec![draw.index(count)];
        }
        let other_side = (0..count).filter(|it| !one_side.contains(it));
        let pairs = other_side.flat_map(|other| one_side.iter().map(move |one| (*one, other)));
        pairs
            .flat_map(|(one, other)| [(one, other), (other, one)])
            .collect()
    }

    fn others(&self, than: usize) -> Vec<usize> {
        (0..self.servers.len()).filter(|it| *it != than).collect()
    }

    async fn cut_for_a_while(&self, scene: &Scene, draw: &mut Draw, links: Vec<Link>) {
        if self.cut(scene, &links) {
            scene.pause(draw.millis(300..=CUT_MAX)).await;
            self.join(scene, &links);
        }
    }

    /// False if something else is cut.
    fn cut(&self, scene: &Scene, links: &[Link]) -> bool {
        if self.is_cut.swap(true, Ordering::Relaxed) {
            return false;
        }
        self.set(scene, links);
        true
    }

    /// From now on these carry nothing.
    fn set(&self, scene: &Scene, links: &[Link]) {
        let number = |it: usize| self.servers[it].number();
        let told = links.iter().map(|(from, to)| (number(*from), number(*to)));
        let links_told: Vec<_> = told.collect();
        if links_told.is_empty() {
            return;
        }
        scene.recorder.fault(Fault::Cut { links: links_told });
        for (from, to) in links {
            NetSim::current().clog_link(self.servers[*from].node(), self.servers[*to].node());
        }
    }

    fn unclog(&self, links: &[Link]) {
        for (from, to) in links {
            NetSim::current().unclog_link(self.servers[*from].node(), self.servers[*to].node());
        }
    }

    fn join(&self, scene: &Scene, links: &[Link]) {
        self.unclog(links);
        scene.recorder.fault(Fault::Join);
        self.is_cut.store(false, Ordering::Relaxed);
    }
}
