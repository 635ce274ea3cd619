//! One approval, told each time that it changes.

use std::sync::Arc;
use std::time::Duration;

use ackord_core::id::{ApprovalId, TeamId};
use ackord_core::model::Approval;
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::{to_wire, v1};
use futures::{Stream, stream};
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::Status;

use crate::api::Api;
use crate::approval;
use crate::auth::Caller;
use crate::refused::Refused;
use crate::watches::Place;

/// A watch looks again after this long, whatever it was told: whether its token is still good, and this
/// node still in touch with the cluster.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// See the module.
pub(crate) struct Watch {
    api: Api,
    caller: Caller,
    team: TeamId,
    id: ApprovalId,
    changes: watch::Receiver<()>,
    told: Option<Arc<Approval>>,
    over: bool,
    _place: Place,
}

impl Watch {
    /// # Errors
    /// The caller's token has too many.
    pub(crate) fn new(
        api: Api,
        caller: Caller,
        team: TeamId,
        id: ApprovalId,
    ) -> Result<Self, Refused> {
        let place = api.watches.enter(caller.token.id)?;
        Ok(Self {
            changes: api.machine.approvals(team),
            api,
            caller,
            team,
            id,
            told: None,
            over: false,
            _place: place,
        })
    }

    /// The approval as it is now.
    pub(crate) async fn find(
        &self,
        at_least: Option<v1::Position>,
    ) -> Result<Arc<Approval>, Refused> {
        self.api.fresh()?;
        self.api.still(&self.caller)?;
        approval::find(&self.api, &self.caller, self.team, self.id, at_least).await
    }

    /// What is told, in order; ends once the approval is decided.
    pub(crate) fn stream(
        self,
    ) -> impl Stream<Item = Result<v1::WatchApprovalResponse, Status>> + Send {
        stream::unfold(self, |mut watch| async move {
            let next = watch.next().await?;
            let told = next.map(|it| v1::WatchApprovalResponse {
                approval: Some(to_wire::approval(&it)),
            });
            Some((told.map_err(Status::from), watch))
        })
    }

    async fn next(&mut self) -> Option<Result<Arc<Approval>, Refused>> {
        if self.over {
            return None;
        }
        let next = self.look().await;
        self.over = next.as_ref().map_or(true, |it| it.decision.is_some());
        Some(next)
    }

    /// Waits until the approval is another than it was told.
    async fn look(&mut self) -> Result<Arc<Approval>, Refused> {
        loop {
            self.changes.mark_unchanged();
            let approval = self.find(None).await?;
            if self.told.as_ref() != Some(&approval) {
                self.told = Some(Arc::clone(&approval));
                return Ok(approval);
            }
            self.change().await?;
        }
    }

    /// Waits until there may be something new.
    async fn change(&mut self) -> Result<(), Refused> {
        let stops = || Refused::new(Reason::ShuttingDown, "this node is about to stop");
        let mut stop = self.api.ends.stop.clone();
        tokio::select! {
            biased;
            () = &mut stop => Err(stops()),
            changed = timeout(LOOK_AGAIN, self.changes.changed()) => match changed {
                Ok(Err(_)) => Err(stops()),
                Ok(Ok(())) | Err(_) => Ok(()),
            },
        }
    }
}
