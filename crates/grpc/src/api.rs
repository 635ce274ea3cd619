//! What every handler has at hand.

use std::fmt;
use std::sync::Arc;

use ackord_core::answer::Reply;
use ackord_core::command::Command;
use ackord_core::id::NodeId;
use ackord_core::planted::{Bug, is_planted};
use ackord_core::rows::RowError;
use ackord_machine::{Machine, RowView};
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::{from_wire, to_wire, v1};
use ackord_seal::Keyring;
use futures::future::{BoxFuture, FutureExt, Shared};
use prometheus_client::registry::Registry;
use tokio::time::timeout;
use tonic::{Request, Response, Status};

use crate::auth::Caller;
use crate::door::Door;
use crate::extends::Extends;
use crate::limits::REACH_MAX;
use crate::metrics::Metrics;
use crate::refused::Refused;
use crate::sessions::Sessions;
use crate::watches::Watches;

/// The log that positions of this API are of.
pub(crate) const LOG: to_wire::Log = to_wire::Log { epoch: 0, group: 0 };

/// Metadata of a call that wants to see everything that was decided before it.
const FRESH: &str = "ackord-fresh";

/// Resolves when the node stops.
pub type Stop = Shared<BoxFuture<'static, ()>>;

/// When a node ends, in two steps.
#[derive(Debug, Clone)]
pub struct Ends {
    /// It is about to stop: whoever watches its health looks for another one. Calls are served as
    /// before.
    pub draining: Stop,
    /// No more calls are taken.
    pub stop: Stop,
}

/// All that the services share. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    pub(crate) machine: Machine,
    pub(crate) node: NodeId,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) ends: Ends,
    pub(crate) extends: Arc<Extends>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) metrics: Metrics,
    pub(crate) webhooks: Webhooks,
}

/// What a node needs to have sources. A default one has none of it.
#[derive(Clone, Default)]
pub struct Webhooks {
    /// Seals and opens secrets. None: no secret goes in or is used on this node.
    pub keyring: Option<Arc<Keyring>>,
    /// Where webhooks come in. None: they do not, on this node.
    pub door: Option<Arc<dyn Door>>,
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("keyring", &self.keyring)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

/// A command that was carried out.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) reply: Reply,
    pub(crate) position: v1::Position,
}

impl Api {
    /// The services of `node`. Streams that would go on for ever end with its stop.
    #[must_use]
    pub fn new(machine: Machine, node: NodeId, sessions: Arc<dyn Sessions>, ends: Ends) -> Self {
        Self {
            machine,
            node,
            sessions,
            ends,
            extends: Arc::default(),
            watches: Arc::default(),
            metrics: Metrics::default(),
            webhooks: Webhooks::default(),
        }
    }

    /// The same, with sources.
    #[must_use]
    pub fn with_webhooks(mut self, webhooks: Webhooks) -> Self {
        self.webhooks = webhooks;
        self
    }

    /// Whether the node is about to stop.
    pub(crate) fn is_draining(&self) -> bool {
        self.ends.draining.clone().now_or_never().is_some()
    }

    /// Names all that is counted of the API.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }

    /// Refuses if this node has lost the others: what it knows may be outdated.
    pub(crate) fn fresh(&self) -> Result<(), Refused> {
        if self.machine.is_stale() {
            let message = "this node has lost the others: ask another one";
            return Err(Refused::new(Reason::NoLeader, message));
        }
        Ok(())
    }

    /// Who calls, and what he sends. A caller that wants it so is answered by what was decided before
    /// he called.
    pub(crate) async fn open<T>(&self, request: Request<T>) -> Result<(Caller, T), Refused> {
        self.fresh()?;
        if request.metadata().contains_key(FRESH) && !is_planted(Bug::FreshReadsDoNotAsk) {
            self.catch_up().await?;
        }
        let caller = self.caller(request.metadata()).await?;
        Ok((caller, request.into_inner()))
    }

    /// Returns once this node knows all that was decided before.
    pub(crate) async fn catch_up(&self) -> Result<(), Refused> {
        let fresh = timeout(REACH_MAX, self.machine.fresh()).await;
        if fresh.is_ok_and(|it| it.is_ok()) {
            return Ok(());
        }
        let message = "no leader confirms that this node is up to date: ask another one";
        Err(Refused::new(Reason::NoLeader, message))
    }

    /// Carries out one command.
    pub(crate) async fn propose(&self, command: Command) -> Result<Done, Refused> {
        let committed = self.machine.propose(command).await?;
        Ok(Done {
            reply: committed.answer?,
            position: LOG.position(committed.position),
        })
    }

    /// Carries out one command that has nothing more to say than where it stands in the log.
    pub(crate) async fn carry_out(
        &self,
        command: Command,
    ) -> Result<Option<v1::Position>, Refused> {
        Ok(Some(self.propose(command).await?.position))
    }

    /// Returns once this node is where the caller wants to read.
    pub(crate) async fn reach(&self, at_least: Option<v1::Position>) -> Result<(), Refused> {
        let Some(position) = from_wire::at_least(at_least, LOG)? else {
            return Ok(());
        };
        if is_planted(Bug::ReadsDoNotWait) {
            return Ok(());
        }
        let reached = timeout(REACH_MAX, self.machine.reach(position)).await;
        reached.map_err(|_| {
            Refused::new(
                Reason::NoLeader,
                "this node has not come to that position yet",
            )
        })
    }

    /// What a command that was carried out at `done` has changed, once this node knows; none: it
    /// does not in time, or somebody has removed it since. The command counts all the same, so
    /// that this is no error.
    pub(crate) async fn after<T>(
        &self,
        done: v1::Position,
        show: impl Future<Output = Result<T, Refused>>,
    ) -> Option<T> {
        self.reach(Some(done)).await.ok()?;
        show.await.ok()
    }

    /// Reads rows, once this node is where the caller wants to read.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        at_least: Option<v1::Position>,
        read: impl FnOnce(&RowView) -> Result<T, RowError> + Send + 'static,
    ) -> Result<T, Refused> {
        self.reach(at_least).await?;
        Ok(self.machine.read(read).await)
    }
}

/// What a handler answers.
pub(crate) type Answer<T> = Result<Response<T>, Status>;

/// An answer that holds `message`.
pub(crate) fn answer<T>(message: T) -> Answer<T> {
    Ok(Response::new(message))
}

#[cfg(all(test, not(madsim)))]
mod tests {
    use super::*;
    use crate::nobody::api;

    #[tokio::test]
    async fn what_was_carried_out_is_no_error_where_this_node_cannot_show_it() {
        let api = api().await;
        let here = v1::Position::default();
        assert_eq!(api.after(here, async { Ok(7) }).await, Some(7));
        let removed = async { Err::<u8, _>(Refused::not_found()) };
        assert_eq!(api.after(here, removed).await, None);

        let ahead = v1::Position { index: 99, ..here };
        assert_eq!(api.after(ahead, async { Ok(7) }).await, None);
    }
}
