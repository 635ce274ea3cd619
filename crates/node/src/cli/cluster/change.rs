//! Changes of members: each waits as long as it takes, and may be asked again.

use std::time::Duration;

use ackord_client::v1::{AddNodeRequest, AddNodeResponse, AddNodeState, RefusalReason};
use ackord_client::{Client, Error, v1};
use ackord_core::id::NodeId;
use clap::Args;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::cli::connection::{Connection, Who};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, progress, progress_done};
use crate::cli::values::length;

/// Between two looks at what takes its time.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long a command waits for others.
#[derive(Debug, Args)]
pub(crate) struct Wait {
    /// How long to wait for the node, such as 30s or 10m
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "10m")]
    wait: Duration,
}

#[derive(Serialize)]
struct Added {
    node_id: String,
    address: String,
}

#[derive(Serialize)]
struct Voter {
    node_id: String,
    replaced: Option<String>,
}

#[derive(Serialize)]
struct Removed {
    node_id: String,
}

#[derive(Serialize)]
struct Leader {
    leader_id: String,
}

fn operator(connection: &Connection) -> Result<Client, Failure> {
    connection.patient().client_as(Who::Operator)
}

/// Waits until the node at an address is a member.
pub(super) async fn add(
    address: String,
    wait: &Wait,
    connection: &Connection,
    output: Output,
) -> Result<(), Failure> {
    let client = operator(connection)?;
    let mut patience = Patience::new(wait.wait);
    let node_id = loop {
        let request = AddNodeRequest {
            address: address.clone(),
        };
        let asked = client.add_node(request).await;
        match asked.map(|it| (it.state(), it)) {
            Ok((AddNodeState::Member, AddNodeResponse { node_id, .. })) => break node_id,
            Ok((AddNodeState::Admitted, AddNodeResponse { node_id, .. })) => {
                let what = format!("{node_id} has its number, and is about to come in");
                patience.go_on(&what).await?;
            }
            Ok(_) => {
                let what = format!("the node at {address} waits with an empty disk, and was told");
                patience.go_on(&what).await?;
            }
            Err(error) if reason(&error) == Some(RefusalReason::NotHealthy) => {
                patience.go_on(&error.to_string()).await.map_err(|it| {
                    it.next(format!(
                        "start it: with an empty data directory, `advertise = \"{address}\"` and \
                         `peers` that name members of this cluster"
                    ))
                })?;
            }
            Err(error) => return Err(error.into()),
        }
    };
    patience.end();
    let sentence = format!(
        "{node_id} at {address} is a member, and does not vote\n  next: `ackord cluster promote \
         {node_id}`, or, if it comes for a lost one, `ackord cluster replace OLD {node_id}`"
    );
    output.done(&Added { node_id, address }, &sentence);
    Ok(())
}

/// Lets a member vote, once it has caught up.
pub(super) async fn promote(
    node: NodeId,
    wait: &Wait,
    connection: &Connection,
    output: Output,
) -> Result<(), Failure> {
    let client = operator(connection)?;
    let node_id = node.to_string();
    let request = || v1::PromoteNodeRequest {
        node_id: node_id.clone(),
    };
    until_done(wait, || client.promote_node(request())).await?;
    let sentence = format!("{node_id} votes");
    let replaced = None;
    output.done(&Voter { node_id, replaced }, &sentence);
    Ok(())
}

/// Lets a member vote in the place of another one, once it has caught up.
pub(super) async fn replace(
    old: NodeId,
    new: NodeId,
    wait: &Wait,
    connection: &Connection,
    output: Output,
) -> Result<(), Failure> {
    let client = operator(connection)?;
    let (old_id, new_id) = (old.to_string(), new.to_string());
    let request = || v1::ReplaceNodeRequest {
        old_node_id: old_id.clone(),
        new_node_id: new_id.clone(),
    };
    until_done(wait, || client.replace_node(request())).await?;
    let sentence = format!("{new_id} votes in the place of {old_id}, which is removed for good");
    let voter = Voter {
        node_id: new_id.clone(),
        replaced: Some(old_id.clone()),
    };
    output.done(&voter, &sentence);
    Ok(())
}

/// Removes a member for good.
pub(super) async fn remove(
    node: NodeId,
    connection: &Connection,
    output: Output,
) -> Result<(), Failure> {
    let node_id = node.to_string();
    let request = || v1::RemoveNodeRequest {
        node_id: node_id.clone(),
    };
    let client = operator(connection)?;
    let short = Wait {
        wait: connection.timeout,
    };
    until_done(&short, || client.remove_node(request())).await?;
    let sentence = format!("{node_id} is removed for good: its process ends, if it runs");
    output.done(&Removed { node_id }, &sentence);
    Ok(())
}

/// Lets another member lead.
pub(super) async fn transfer_leader(
    to: Option<NodeId>,
    connection: &Connection,
    output: Output,
) -> Result<(), Failure> {
    let node_id = to.map(|it| it.to_string()).unwrap_or_default();
    let client = operator(connection)?;
    let request = v1::TransferLeaderRequest { node_id };
    let leader_id = client.transfer_leader(request).await?.leader_id;
    let sentence = format!("{leader_id} leads");
    output.done(&Leader { leader_id }, &sentence);
    Ok(())
}

/// Asks for a change until it is made, or refused for something that does not pass by itself.
async fn until_done<T, F>(wait: &Wait, ask: impl Fn() -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut patience = Patience::new(wait.wait);
    loop {
        match ask().await {
            Ok(_) => break,
            Err(error) if passes(&error) => patience.go_on_after(error).await?,
            Err(error) => return Err(error.into()),
        }
    }
    patience.end();
    Ok(())
}

fn passes(error: &Error) -> bool {
    matches!(
        reason(error),
        Some(RefusalReason::NotCaughtUp | RefusalReason::ChangeRuns)
    )
}

fn reason(error: &Error) -> Option<RefusalReason> {
    error.reason()
}

/// A wait of bounded length that people can watch.
struct Patience {
    end: Instant,
    told: String,
}

impl Patience {
    fn new(length: Duration) -> Self {
        Self {
            end: Instant::now() + length,
            told: String::new(),
        }
    }

    /// Says what it waits for, and waits.
    async fn go_on(&mut self, what: &str) -> Result<(), Failure> {
        if Instant::now() >= self.end {
            self.end();
            return Err(Failure::failed(format!("it takes too long: {what}"))
                .next("repeat the command: it goes on where it was"));
        }
        self.tell(what);
        sleep(LOOK_EVERY).await;
        Ok(())
    }

    /// The same after a refusal, which it ends with.
    async fn go_on_after(&mut self, refused: Error) -> Result<(), Failure> {
        if Instant::now() >= self.end {
            self.end();
            return Err(refused.into());
        }
        self.tell(&refused.to_string());
        sleep(LOOK_EVERY).await;
        Ok(())
    }

    fn tell(&mut self, what: &str) {
        if self.told != what {
            what.clone_into(&mut self.told);
            progress(what);
        }
    }

    fn end(&mut self) {
        if !self.told.is_empty() {
            self.told.clear();
            progress_done();
        }
    }
}
