//! A snapshot that is changed on its way: it must be thrown away, and come again.

use std::time::Duration;

use tokio::time::sleep;

use super::recorder::now;
use super::server::Server;

/// Between two looks whether one was.
const LOOK: Duration = Duration::from_millis(20);

/// Changes the next snapshot that any of these servers sends, if one does in time.
pub(super) async fn damage_snapshot(servers: &[Server], patience: Duration) {
    servers.iter().for_each(|it| it.damage_snapshot(true));
    let end = now() + patience;
    while now() < end && !servers.iter().any(Server::note_damage) {
        sleep(LOOK).await;
    }
    servers.iter().for_each(|it| it.damage_snapshot(false));
}
