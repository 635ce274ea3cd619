//! The end of a run, as each server sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use ackord_core::Why;
use ackord_core::id::EventId;
use ackord_core::model::Event;
use ackord_core::rows::{Key, Row, Rows};
use ackord_core::time::Timestamp;

use tokio::time::sleep;

use super::recorder::now;
use super::server::Server;
use crate::judge::{End, Group};
use crate::story::is_over;

/// So long after nothing is broken any more, all servers know the same. The transport's own backoff
/// (10 s) and a snapshot fit into it.
const LIMIT: Duration = Duration::from_mins(1);
/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(5);

/// Waits until all servers have applied the same entries, but not for ever: the judge tells.
pub(super) async fn gather(servers: &[Server]) -> Vec<End> {
    let end = now() + LIMIT;
    while !agree(servers) && now() < end {
        sleep(LOOK).await;
    }
    servers.iter().map(end_of).collect()
}

/// Whether all of them have applied the same entries.
pub(super) fn agree(servers: &[Server]) -> bool {
    let first = servers[0].applied();
    servers.iter().all(|it| it.applied() == first)
}

/// What each event waits for that is not over, as this server sees it.
pub(super) fn waits(server: &Server) -> BTreeMap<EventId, Why> {
    let rows = server.rows();
    let now = match rows.get(&Key::Meta) {
        Ok(Some(Row::Meta(meta))) => meta.now,
        _ => Timestamp(0),
    };
    let open = rows.events().filter(|it| !is_over(it.state));
    let why = |event: &Event| {
        let why = ackord_core::why(&rows, event.team, event.id, now);
        Some((event.id, why.expect("rows are read from a map")?))
    };
    open.filter_map(why).collect()
}

/// The cluster as this server sees it.
pub(super) fn group_of(server: &Server) -> Group {
    let status = server.status().expect("it runs");
    let voters = status.members.iter().filter(|it| it.votes);
    Group {
        server: server.number(),
        node: status.node,
        voters: voters.map(|it| it.node).collect(),
        members: status.members.iter().map(|it| it.node).collect(),
        is_changing: status.members.iter().any(|it| it.passing.is_some()),
    }
}

fn end_of(server: &Server) -> End {
    End {
        server: server.number(),
        applied: server.applied().unwrap_or(0),
        rows: server.rows(),
    }
}
