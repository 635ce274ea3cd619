//! Sessions of the whole cluster, by what they are at. Each node shows the same.

use std::collections::BTreeMap;

use ackord_core::id::{QueueId, SessionId};
use ackord_core::model::{Health, Link, Session};
use ackord_core::rows::{Key, Row, RowError};
use ackord_machine::RowView;
use prometheus_client::registry::Registry;

use super::{number, queues::walk, show_each};

/// What sessions are at, and what they hold of each queue.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    idle: u64,
    busy: u64,
    unreachable: u64,
    deaf: u64,
    detached: u64,
    pub(crate) held: BTreeMap<QueueId, Held>,
}

/// Events of a queue in the hands of sessions.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Held {
    pub(crate) leased: u64,
    pub(crate) parked: u64,
}

/// Counts all sessions.
pub(crate) fn look(rows: &RowView) -> Result<Sessions, RowError> {
    let mut all = Sessions::default();
    let to = Key::Session(SessionId(u64::MAX));
    walk(rows, Key::Session(SessionId(0)), &to, |_, row| {
        if let Row::Session(session) = row {
            all.count(&session);
        }
    })?;
    Ok(all)
}

impl Sessions {
    fn count(&mut self, session: &Session) {
        let holds = session.lease.is_some() || session.parked.is_some();
        let counter = match (session.link, session.health) {
            (Link::Detached { .. }, _) => &mut self.detached,
            (Link::Attached, Health::Unreachable) => &mut self.unreachable,
            (Link::Attached, Health::Deaf) => &mut self.deaf,
            (Link::Attached, Health::Well) if holds => &mut self.busy,
            (Link::Attached, Health::Well) => &mut self.idle,
        };
        *counter += 1;
        if holds {
            let held = self.held.entry(session.queue).or_default();
            held.leased += u64::from(session.lease.is_some());
            held.parked += u64::from(session.parked.is_some());
        }
    }

    pub(crate) fn show(&self, registry: &mut Registry) {
        let states = [
            ("idle", self.idle),
            ("busy", self.busy),
            ("unreachable", self.unreachable),
            ("deaf", self.deaf),
            ("detached", self.detached),
        ];
        let values = states.map(|(it, count)| (vec![("state", it.to_owned())], number(count)));
        let help = "Sessions of the cluster, by what they are at. The same on each node";
        show_each(registry, "sessions", help, values);
    }
}
