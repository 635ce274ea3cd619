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
/// Thirty years: whoever waits longer waits no longer than this, for instants have an end.
const WAIT_MAX: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
/// What is so already is well, too.
const REPEAT: &str = "repeat the command: it goes on where it was";

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
    let mut patience = Patience::of(wait);
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
            Err(error) if error.reason() == Some(RefusalReason::NotHealthy) => {
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
    until_done(Patience::of(wait), || client.promote_node(request())).await?;
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
    until_done(Patience::of(wait), || client.replace_node(request())).await?;
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
    // As long as its calls go on: a leader that comes first ends the change that it finds.
    let patience = Patience::new(connection.patient().timeout);
    until_done(patience, || client.remove_node(request())).await?;
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

/// Asks for a change until it is made, or refused for something that does not pass by itself. If the
/// answer is lost, as when the leader goes, it is asked for again: the same twice is well.
async fn until_done<T, F>(mut patience: Patience, ask: impl Fn() -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut lost = false;
    while let Err(error) = ask().await {
        lost |= matches!(error, Error::Unknown(_));
        if !passes(&error) || patience.is_over() {
            patience.end();
            return Err(ended(error, lost));
        }
        patience.wait_for(&error.to_string()).await;
    }
    patience.end();
    Ok(())
}

fn passes(error: &Error) -> bool {
    match error {
        Error::Unknown(_) => true,
        Error::Failed(_) => false,
        Error::Refused(it) => matches!(
            it.reason,
            RefusalReason::NotCaughtUp | RefusalReason::ChangeRuns
        ),
    }
}

/// How a change ends that is not asked for again. Where an answer was lost, nobody knows what that
/// asking has done, whatever became of the last one.
fn ended(error: Error, lost: bool) -> Failure {
    if !lost {
        return error.into();
    }
    let why = match error {
        Error::Unknown(why) => why,
        error @ (Error::Refused(_) | Error::Failed(_)) => {
            format!("an earlier try was lost; now: {error}")
        }
    };
    Failure::from(Error::Unknown(why)).next(REPEAT)
}

/// A wait of bounded length that people can watch.
struct Patience {
    end: Instant,
    /// Between two looks.
    every: Duration,
    told: String,
}

impl Patience {
    fn new(length: Duration) -> Self {
        Self {
            end: Instant::now() + length.min(WAIT_MAX),
            every: LOOK_EVERY,
            told: String::new(),
        }
    }

    fn of(wait: &Wait) -> Self {
        Self::new(wait.wait)
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    /// Waits, unless that is over.
    async fn go_on(&mut self, what: &str) -> Result<(), Failure> {
        if self.is_over() {
            self.end();
            return Err(Failure::failed(format!("it takes too long: {what}")).next(REPEAT));
        }
        self.wait_for(what).await;
        Ok(())
    }

    /// Says what it waits for, and waits.
    async fn wait_for(&mut self, what: &str) {
        if self.told != what {
            what.clone_into(&mut self.told);
            progress(what);
        }
        sleep(self.every).await;
    }

    fn end(&mut self) {
        if !self.told.is_empty() {
            self.told.clear();
            progress_done();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn lost() -> Error {
        Error::Unknown("the leader went".to_owned())
    }

    fn refused(reason: RefusalReason) -> Error {
        let refusal = v1::Refusal {
            reason: reason.into(),
            message: "no".to_owned(),
            ..v1::Refusal::default()
        };
        Error::Refused(Box::new(refusal.into()))
    }

    /// The exit code of a change that is asked for so long, and is answered so.
    async fn code(length: Duration, answers: Vec<Result<(), Error>>) -> u8 {
        let patience = Patience {
            every: Duration::ZERO,
            ..Patience::new(length)
        };
        let answers = RefCell::new(answers.into_iter());
        let ask = || {
            let next = answers.borrow_mut().next();
            ready(next.expect("nobody asks again"))
        };
        let done = until_done(patience, ask).await;
        assert!(answers.borrow_mut().next().is_none(), "nobody asked again");
        done.err().map_or(0, |it| it.code())
    }

    #[tokio::test]
    async fn a_change_whose_answer_is_lost_is_asked_for_again() {
        let runs = || Err(refused(RefusalReason::ChangeRuns));
        let answers = vec![Err(lost()), runs(), Err(lost()), runs(), Ok(())];
        assert_eq!(code(LONG, answers).await, 0);
    }

    #[tokio::test]
    async fn a_change_that_is_lost_until_the_end_is_not_known() {
        assert_eq!(code(Duration::ZERO, vec![Err(lost())]).await, 4);
    }

    #[tokio::test]
    async fn a_refusal_does_not_say_what_became_of_a_change_that_was_lost_before() {
        for reason in [RefusalReason::Leads, RefusalReason::NotHealthy] {
            let answers = vec![Err(lost()), Err(refused(reason))];
            assert_eq!(code(LONG, answers).await, 4);
        }
        let away = Error::Failed("cannot reach anybody".to_owned());
        assert_eq!(code(LONG, vec![Err(lost()), Err(away)]).await, 4);
    }

    #[tokio::test]
    async fn what_is_refused_and_never_lost_has_changed_nothing() {
        let leads = refused(RefusalReason::Leads);
        assert_eq!(code(LONG, vec![Err(leads)]).await, 3);
        let behind = || Err(refused(RefusalReason::NotCaughtUp));
        assert_eq!(code(Duration::ZERO, vec![behind()]).await, 3);
        let leads = Err(refused(RefusalReason::Leads));
        assert_eq!(code(LONG, vec![behind(), leads]).await, 3);
    }
}
