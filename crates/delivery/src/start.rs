//! The first thing that a process of a node tells the machine.

use std::time::Duration;

use ackord_core::answer::{Rejection, Reply};
use ackord_core::command::{Actor, Command, Op, StartNode};
use ackord_core::id::NodeId;
use ackord_machine::{Machine, ProposeError};

/// Wait before another try.
const RETRY: Duration = Duration::from_millis(100);

/// The machine does not let this process begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It says no.
    #[error("the machine refused the start of this node")]
    Refused(#[source] Rejection),
    /// It ends.
    #[error("the machine shuts down")]
    ShuttingDown,
}

/// Says that a process of `node` began, drawn as `incarnation`: whatever an earlier process of it
/// held is detached. Tries until the machine has heard.
///
/// # Errors
/// The machine refuses, or ends.
pub async fn start_node(
    machine: &Machine,
    node: NodeId,
    incarnation: u64,
) -> Result<(), StartError> {
    loop {
        let op = Op::StartNode(StartNode { node, incarnation });
        match machine
            .propose(Command {
                by: Actor::Cluster,
                team: None,
                op,
            })
            .await
        {
            Ok(committed) => match committed.answer.map_err(StartError::Refused)? {
                Reply::Detaching(left) if left > 0 => {}
                _ => return Ok(()),
            },
            Err(ProposeError::ShuttingDown) => return Err(StartError::ShuttingDown),
            Err(error) => {
                tracing::debug!(%error, "start of the node not heard");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}
