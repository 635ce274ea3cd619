//! A session: one key, and one process of it after the other, on two machines.

mod ask;
mod craft;
mod habit;
mod parcel;
mod process;

use std::sync::Arc;

use ackord_core::text::Tag;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::host::Host;
use super::scene::Scene;
use super::setup::Badge;
use crate::draw::Draw;
use crate::history::{Process, Sight};
use crate::plan::QueuePlan;

/// What a process asks of whoever watches over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// Its machine crashes.
    Crash {
        /// It comes back as the same process: with the same nonce.
        same: bool,
    },
    /// Another process takes over while it still works.
    Replace,
    /// It has ended.
    Ended,
}

/// Watches over a session until the end of the run.
pub(super) async fn watch_over(scene: Scene, number: u32, queue: Arc<QueuePlan>, hosts: [Host; 2]) {
    let draw = scene.draw.fork(&format!("session {number}"));
    let mut watcher = Watcher {
        scene,
        draw,
        queue,
        hosts,
        on: 0,
        alive: [vec![], vec![]],
    };
    let mut nonce = watcher.draw.number();
    for process in 1.. {
        let wish = watcher
            .live(
                Process {
                    session: number,
                    process,
                },
                nonce,
            )
            .await;
        if wish != (Wish::Crash { same: true }) {
            nonce = watcher.draw.number();
        }
        watcher.grant(wish).await;
    }
}

struct Watcher {
    scene: Scene,
    draw: Draw,
    queue: Arc<QueuePlan>,
    hosts: [Host; 2],
    /// The machine that the present process is on.
    on: usize,
    /// Processes on each machine, replaced ones too.
    alive: [Vec<Process>; 2],
}

/// What a process is made of.
struct Birth {
    scene: Scene,
    draw: Draw,
    process: Process,
    nonce: u64,
    tag: Option<Tag>,
    queue: Arc<QueuePlan>,
    wishes: mpsc::UnboundedSender<Wish>,
}

impl Birth {
    /// What it shows: every other session the same.
    fn badge(&self) -> &Badge {
        let [odd, even] = &self.scene.tokens.agents;
        match self.process.session.is_multiple_of(2) {
            true => even,
            false => odd,
        }
    }
}

impl Watcher {
    /// Starts a process and waits for its wish.
    async fn live(&mut self, process: Process, nonce: u64) -> Wish {
        let (wishes, mut wished) = mpsc::unbounded_channel();
        let birth = Birth {
            scene: self.scene.clone(),
            draw: self.draw.fork(&format!("process {}", process.process)),
            process,
            nonce,
            tag: self.queue.tag.clone(),
            queue: self.queue.clone(),
            wishes,
        };
        self.alive[self.on].push(process);
        self.hosts[self.on].spawn(process::live(birth));
        wished.recv().await.unwrap_or(Wish::Ended)
    }

    async fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Crash { .. } => self.crash().await,
            Wish::Replace => self.on = 1 - self.on,
            Wish::Ended => {
                let pause = self.draw.millis(50..=3_000);
                self.scene.pause(pause).await;
                // The cluster must not be asked without end.
                sleep(self.draw.millis(10..=50)).await;
            }
        }
    }

    async fn crash(&mut self) {
        for process in std::mem::take(&mut self.alive[self.on]) {
            self.scene.recorder.see(process, Sight::Crashed);
        }
        self.hosts[self.on].crash();
        let down = self.draw.millis(50..=8_000);
        self.scene.pause(down).await;
        self.hosts[self.on].boot();
    }
}
