//! The first thing that a process of a node tells the machine.

use std::time::Duration;

use ackord_core::answer::{Rejection, Reply};
use ackord_core::command::{Actor, Command, Op, StartNode};
use ackord_core::id::NodeId;
use ackord_core::rows::{Key, Row, Rows};
use ackord_machine::{Machine, ProposeError, RowView};

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

/// Says that a process of `node` began on `disk`, drawn as `incarnation`: whatever an earlier
/// process of it held is detached. Tries until the machine has heard.
///
/// # Errors
/// The machine refuses, or ends.
pub async fn start_node(
    machine: &Machine,
    node: NodeId,
    disk: u64,
    incarnation: u64,
) -> Result<(), StartError> {
    loop {
        let op = Op::StartNode(StartNode {
            node,
            disk,
            incarnation,
            after: on_record(machine, node).await,
        });
        match machine
            .propose(Command {
                by: Actor::Cluster,
                team: None,
                op,
            })
            .await
        {
            Ok(committed) => match committed.answer {
                Ok(Reply::Detaching(left)) if left > 0 => {}
                Ok(_) => return Ok(()),
                // A word of an earlier process has come late, and is on record by now.
                Err(Rejection::Revision { present }) => {
                    tracing::debug!(present, "another process began meanwhile");
                    machine.reach(committed.position).await;
                }
                Err(rejection) => return Err(StartError::Refused(rejection)),
            },
            Err(ProposeError::ShuttingDown) => return Err(StartError::ShuttingDown),
            Err(error) => {
                tracing::debug!(%error, "start of the node not heard");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// The incarnation of the last process of the node that began.
async fn on_record(machine: &Machine, node: NodeId) -> Option<u64> {
    let read = move |rows: &RowView| {
        let row = rows.get(&Key::Node(node))?;
        Ok(row.and_then(|it| match it {
            Row::Node(it) => Some(it.process?.incarnation),
            _ => None,
        }))
    };
    machine.read(read).await
}
