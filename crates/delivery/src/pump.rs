//! What the machine wants done on this node, on its way into the hub.

use std::future::Future;

use ackord_core::command::Fence;
use ackord_core::id::NodeId;
use ackord_core::planted::{Bug, is_planted};
use ackord_core::rows::{RowError, Rows};
use ackord_machine::{Actions, Machine, RowView};

use crate::delivery::{Closed, Delivery, held, read};
use crate::hub::{Hub, StreamId};

/// Deliveries that are read at a time: each may bring a body of full size.
const READS_MAX: usize = 32;

/// See the module.
#[derive(Debug)]
pub struct Pump {
    machine: Machine,
    node: NodeId,
    hub: Hub,
}

/// A delivery to be read, and what the rows had.
type Found = (StreamId, Fence, Option<Box<Delivery>>);
/// A stream that was compared with the rows.
type Compared = (StreamId, Result<Option<Fence>, Closed>);

impl Pump {
    /// For the streams of this node.
    #[must_use]
    pub fn new(machine: Machine, node: NodeId, hub: Hub) -> Self {
        Self { machine, node, hub }
    }

    /// Runs until `stop`, or until the machine ends.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.carry() => {}
        }
    }

    async fn carry(&self) {
        let mut actions = self.machine.actions(self.node);
        self.catch_up().await;
        while self.step(&mut actions).await {
            self.read_all().await;
        }
    }

    /// Waits for something to do; false at the end.
    async fn step(&self, actions: &mut Actions) -> bool {
        tokio::select! {
            biased;
            batch = actions.next() => match batch {
                None => return false,
                Some(Ok(batch)) => {
                    self.hub.change(|it| batch.into_iter().for_each(|action| it.act(action)));
                }
                Some(Err(lagged)) => {
                    tracing::debug!(%lagged, "asking for what is outstanding");
                    self.catch_up().await;
                }
            },
            () = self.hub.reads() => {}
        }
        true
    }

    /// Actions were lost: the state says what to do.
    async fn catch_up(&self) {
        if is_planted(Bug::ActionsLost) {
            return;
        }
        let outstanding = self.machine.outstanding(self.node).await;
        self.hub.change(|it| {
            it.lagged();
            outstanding.into_iter().for_each(|action| it.act(action));
        });
    }

    /// Reads what streams wait for, until there is nothing to read.
    async fn read_all(&self) {
        loop {
            let (unsure, unread) = self
                .hub
                .change(|it| (it.take_unsure(READS_MAX), it.take_unread(READS_MAX)));
            if unsure.is_empty() && unread.is_empty() {
                return;
            }
            let read =
                move |rows: &RowView| Ok((compare_all(rows, unsure)?, read_all(rows, unread)?));
            let (compared, found) = self.machine.read(read).await;
            self.hub.change(|it| {
                found
                    .into_iter()
                    .for_each(|(id, fence, found)| it.read(id, fence, found));
                compared
                    .into_iter()
                    .for_each(|(id, held)| it.compared(id, held));
            });
        }
    }
}

fn compare_all(rows: &dyn Rows, streams: Vec<(StreamId, u64)>) -> Result<Vec<Compared>, RowError> {
    let streams = streams.into_iter();
    streams
        .map(|(id, nonce)| Ok((id, held(rows, id, nonce)?)))
        .collect()
}

fn read_all(rows: &dyn Rows, wanted: Vec<(StreamId, Fence)>) -> Result<Vec<Found>, RowError> {
    let all = wanted
        .into_iter()
        .map(|(id, fence)| Ok((id, fence, read(rows, id, fence)?)));
    let mut found: Vec<Found> = all.collect::<Result<_, RowError>>()?;
    if is_planted(Bug::BodiesMixed) {
        mix_bodies(&mut found);
    }
    Ok(found)
}

/// For a planted bug: all have the body of the first.
fn mix_bodies(found: &mut [Found]) {
    let mut deliveries = found.iter_mut().filter_map(|it| it.2.as_mut());
    if let Some(first) = deliveries.next() {
        let body = first.content.body.clone();
        deliveries.for_each(|it| it.content.body = body.clone());
    }
}
