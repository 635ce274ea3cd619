//! What every handler has at hand.

use std::fmt;
use std::sync::Arc;

use ackord_core::answer::Reply;
use ackord_core::command::Command;
use ackord_core::id::NodeId;
use ackord_core::rows::RowError;
use ackord_machine::{Machine, RowView};
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::{from_wire, to_wire, v1};
use futures::future::{BoxFuture, Shared};
use tokio::time::timeout;
use tonic::{Request, Response, Status};

use crate::auth::Caller;
use crate::extends::Extends;
use crate::limits::REACH_MAX;
use crate::refused::Refused;
use crate::sessions::Sessions;

/// The log that positions of this API are of.
pub(crate) const LOG: to_wire::Log = to_wire::Log { epoch: 0, group: 0 };

/// Resolves when the node stops.
pub type Stop = Shared<BoxFuture<'static, ()>>;

/// All that the services share. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    pub(crate) machine: Machine,
    pub(crate) node: NodeId,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) stop: Stop,
    pub(crate) extends: Arc<Extends>,
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
    /// The services of `node`. Streams that would go on for ever end with `stop`.
    #[must_use]
    pub fn new(machine: Machine, node: NodeId, sessions: Arc<dyn Sessions>, stop: Stop) -> Self {
        Self {
            machine,
            node,
            sessions,
            stop,
            extends: Arc::default(),
        }
    }

    /// Refuses if this node has lost the others: what it knows may be outdated.
    pub(crate) fn fresh(&self) -> Result<(), Refused> {
        if self.machine.is_stale() {
            let message = "this node has lost the others: ask another one";
            return Err(Refused::new(Reason::NoLeader, message));
        }
        Ok(())
    }

    /// Who calls, and what he sends.
    pub(crate) fn open<T>(&self, request: Request<T>) -> Result<(Caller, T), Refused> {
        self.fresh()?;
        let caller = self.caller(request.metadata())?;
        Ok((caller, request.into_inner()))
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
        let reached = timeout(REACH_MAX, self.machine.reach(position)).await;
        reached.map_err(|_| {
            Refused::new(
                Reason::NoLeader,
                "this node has not come to that position yet",
            )
        })
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
