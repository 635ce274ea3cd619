//! Nodes that are not heard, or were removed: the leader detaches their sessions, for nobody else will. They have
//! closed the streams by then, or are no more.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ackord_core::command::Detach;
use ackord_core::id::{NodeId, SessionId};
use ackord_core::model::{Link, Node, Session};
use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_core::time::{Millis, Timestamp};
use ackord_machine::{Machine, RowView, Status};
use tokio::time::{Instant, sleep};

use crate::detach::command;

/// A node that is silent for so long has noticed, and closed its streams.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// How often the nodes are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// Sessions that are read, and detached, at a time.
const CHUNK: usize = 256;

/// See the module. Every node runs one; only the leader's acts.
#[derive(Debug)]
pub struct Silence {
    machine: Machine,
    /// The term in which this node leads, and since when.
    leads: Option<(u64, Instant)>,
    /// Silent nodes whose sessions are detached.
    done: BTreeSet<u64>,
}

impl Silence {
    /// For the nodes that this one may lead.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        Self {
            machine,
            leads: None,
            done: BTreeSet::new(),
        }
    }

    /// Runs until `stop`.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.watch() => {}
        }
    }

    async fn watch(&mut self) {
        loop {
            for node in self.silent() {
                if self.done.contains(&node.0) {
                    continue;
                }
                if self.detach(node).await {
                    self.done.insert(node.0);
                }
            }
            sleep(EVERY).await;
        }
    }

    /// The nodes that are silent, if this one leads and would know.
    fn silent(&mut self) -> Vec<NodeId> {
        let status = self.machine.status();
        // A leader that nobody answers is the silent one.
        if !status.leads || self.machine.is_stale() {
            self.leads = None;
            self.done.clear();
            return Vec::new();
        }
        let since = match self.leads {
            Some((term, since)) if term == status.term => since,
            _ => {
                self.done.clear();
                let now = Instant::now();
                self.leads = Some((status.term, now));
                now
            }
        };
        let mut silent = silent(&status, since.elapsed());
        let view = self.machine.view();
        silent.extend(removed(view.directory.nodes(), self.machine.log_now()));
        self.done.retain(|it| silent.contains(&NodeId(*it)));
        silent
    }

    /// Detaches all sessions of `node`; false if some may be left.
    async fn detach(&self, node: NodeId) -> bool {
        let mut from = SessionId(0);
        loop {
            let read = move |rows: &RowView| sessions(rows, from);
            let sessions = self.machine.read(read).await;
            let Some(last) = sessions.last().map(|it| it.id) else {
                return true;
            };
            from = SessionId(last.0 + 1);
            let attached = sessions
                .into_iter()
                .filter(|it| it.node == node && it.link == Link::Attached);
            // Names the stream: a session that has come back meanwhile stays.
            let commands = attached.map(|it| {
                command(Detach {
                    session: it.id,
                    stream: it.stream,
                    bye: false,
                })
            });
            let commands: Vec<_> = commands.collect();
            if !commands.is_empty() {
                tracing::warn!(%node, "a node is silent, or gone: its sessions are detached");
            }
            let results = self.machine.propose_many(commands).await;
            if let Some(Err(error)) = results.into_iter().find(Result::is_err) {
                tracing::debug!(%error, %node, "detach of a silent node not heard");
                return false;
            }
        }
    }
}

/// The others that have not answered a leader for too long, which leads for so long.
fn silent(status: &Status, leads: Duration) -> Vec<NodeId> {
    let others = status.members.iter().filter(|it| it.node != status.node);
    let silent = others.filter(|it| it.answered.unwrap_or(leads).min(leads) >= SILENCE_MAX);
    silent.map(|it| NodeId(it.node)).collect()
}

/// Nodes that were removed for so long that they have noticed.
fn removed<'a>(
    nodes: impl Iterator<Item = &'a Arc<Node>>,
    now: Timestamp,
) -> impl Iterator<Item = NodeId> {
    let noticed = Millis(u64::try_from(SILENCE_MAX.as_millis()).unwrap_or(u64::MAX));
    let has_noticed = move |it: &&Arc<Node>| it.removed.is_some_and(|at| at.after(noticed) <= now);
    nodes.filter(has_noticed).map(|it| it.id)
}

fn sessions(rows: &dyn Rows, from: SessionId) -> Result<Vec<Session>, RowError> {
    let rows = rows.scan(
        &Key::Session(from),
        &Key::Session(SessionId(u64::MAX)),
        CHUNK,
    )?;
    let session = |(_, row)| match row {
        Row::Session(it) => Some(*it),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(session).collect())
}

#[cfg(test)]
mod tests {
    use ackord_core::text::PeerAddress;
    use ackord_machine::Member;

    use super::*;

    #[test]
    fn a_removed_node_is_silent_once_it_has_noticed() {
        let node = |id, removed: Option<u64>| {
            Arc::new(Node {
                id: NodeId(id),
                address: PeerAddress::new("h:1").expect("a valid address"),
                disk: None,
                removed: removed.map(Timestamp),
                process: None,
            })
        };
        let nodes = [node(1, None), node(2, Some(10_000)), node(3, Some(12_000))];
        let removed: Vec<_> = removed(nodes.iter(), Timestamp(15_000)).collect();
        assert_eq!(removed, [NodeId(2)]);
    }

    #[test]
    fn silence_is_counted_while_this_node_leads() {
        let member = |node, answered: Option<u64>| Member {
            node,
            address: String::new(),
            votes: true,
            passing: None,
            matching: None,
            answered: answered.map(Duration::from_secs),
        };
        let status = Status {
            node: 1,
            leads: true,
            leader: Some(1),
            term: 2,
            last_log: None,
            committed: None,
            applied: None,
            flushed: None,
            purged: None,
            members: vec![
                member(1, None),
                member(2, Some(0)),
                member(3, Some(7)),
                member(4, None),
            ],
        };
        assert!(silent(&status, Duration::from_secs(4)).is_empty());
        assert_eq!(
            silent(&status, Duration::from_secs(5)),
            [NodeId(3), NodeId(4)]
        );
    }
}
