//! A newer program, server by server, and then the format that only it knows.

use std::time::Duration;

use ackord_core::FORMAT;
use tokio::time::sleep;

use super::super::recorder::now;
use super::super::server::Server;
use super::Keeper;
use crate::history::Ask;
use crate::plan::NEXT_FORMAT;

/// How long the keeper waits for all servers before the next one gets its program.
const PATIENCE: Duration = Duration::from_secs(10);
/// After that long all servers have the format.
const HEARD: Duration = Duration::from_secs(4);
/// How often the new format is asked for.
const TRIES: usize = 6;
/// Servers tell each other what they know so often.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

impl Keeper {
    /// One server after the other, as far as the storm lets; then the format, and somebody goes back.
    pub(super) async fn upgrade(&mut self) {
        while let Some(server) = self.next_old() {
            self.renew(&server).await;
            self.finish().await;
            if !self.all_serve(PATIENCE).await {
                return;
            }
        }
        // Until all have told each other, some are taken for what they were.
        for _ in 0..TRIES {
            if self.ask(Ask::RaiseFormat).await {
                return self.go_back().await;
            }
            sleep(TELL_EVERY).await;
        }
    }

    fn next_old(&mut self) -> Option<Server> {
        let old = self.inside().into_iter();
        let old: Vec<Server> = old.filter(|it| it.knows() < NEXT_FORMAT).collect();
        (!old.is_empty()).then(|| self.draw.pick(&old).clone())
    }

    async fn renew(&mut self, server: &Server) {
        let _hold = self.take(server).await;
        if self.draw.chance(50) {
            server.stop().await;
        } else {
            server.kill();
        }
        server.set_program(NEXT_FORMAT);
        let pause = self.draw.millis(20..=1_000);
        self.scene.pause(pause).await;
        server.start();
    }

    /// Waits until a process of each server is there, but not for ever.
    async fn all_serve(&self, patience: Duration) -> bool {
        let end = now() + patience;
        let serve = || self.inside().iter().all(|it| it.status().is_some());
        while !serve() && now() < end {
            sleep(LOOK).await;
        }
        serve()
    }

    /// A server is given the old program, which does not know the cluster's format. In the calm: the
    /// others tell it so, and must have heard of it themselves.
    async fn go_back(&mut self) {
        if !self.scene.is_calm() {
            return;
        }
        sleep(HEARD).await;
        let server = self.pick();
        let _hold = self.take(&server).await;
        let drive = server.drive();
        server.kill();
        server.set_program(FORMAT);
        drive.unwanted(true);
        server.start();
        self.wait_for_end(&server).await;
        server.kill_for_good().await;
        server.set_program(NEXT_FORMAT);
        drive.unwanted(false);
        server.start();
    }
}
