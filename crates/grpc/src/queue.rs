//! Queues: settings, depth, pause, resume, drain.

use ackord_core::answer::Reply;
use ackord_core::command::Op;
use ackord_core::model::{Mode, Role};
use ackord_machine::RowView;
use ackord_proto::v1::queue_service_server::QueueService;
use ackord_proto::{from_wire, v1};
use tonic::Request;

use crate::api::{Answer, Api, answer};
use crate::auth::Caller;
use crate::page::Ask;
use crate::queue_rows;
use crate::refused::Refused;

/// Who may look.
const READERS: [Role; 2] = [Role::Observe, Role::Manage];

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Queues(pub(crate) Api);

/// A queue's new revision, and where it was made.
struct Changed {
    revision: u64,
    position: Option<v1::Position>,
}

impl Queues {
    async fn change(&self, caller: &Caller, op: Op) -> Result<Changed, Refused> {
        let team = caller.team_as(&[Role::Manage])?;
        let done = self.0.propose(caller.command(Some(team), op)).await?;
        let Reply::Queue(_, revision) = done.reply else {
            unreachable!("a queue that changes has a revision")
        };
        Ok(Changed {
            revision,
            position: Some(done.position),
        })
    }

    async fn set_mode(&self, caller: &Caller, tag: String, mode: Mode) -> Result<Changed, Refused> {
        self.change(caller, Op::SetMode(from_wire::set_mode(tag, mode)?))
            .await
    }

    async fn find(
        &self,
        caller: &Caller,
        asked: v1::GetQueueRequest,
    ) -> Result<v1::Queue, Refused> {
        let team = caller.team_as(&READERS)?;
        let tag = from_wire::tag(asked.tag)?;
        caller.need_tag(tag.as_ref())?;
        let read = move |rows: &RowView| queue_rows::queue(rows, team, tag.as_ref());
        self.0
            .read(asked.at_least, read)
            .await?
            .ok_or_else(Refused::not_found)
    }
}

#[tonic::async_trait]
impl QueueService for Queues {
    async fn get_queue(
        &self,
        request: Request<v1::GetQueueRequest>,
    ) -> Answer<v1::GetQueueResponse> {
        let (caller, asked) = self.0.open(request).await?;
        answer(v1::GetQueueResponse {
            queue: Some(self.find(&caller, asked).await?),
        })
    }

    async fn list_queues(
        &self,
        request: Request<v1::ListQueuesRequest>,
    ) -> Answer<v1::ListQueuesResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let ask = Ask::read(asked.page_size, &asked.page_token)?;
        let read = move |rows: &RowView| queue_rows::list_queues(rows, team, &caller.token, &ask);
        let page = self.0.read(asked.at_least, read).await?;
        answer(v1::ListQueuesResponse {
            queues: page.items,
            next_page_token: page.next,
        })
    }

    async fn set_queue(
        &self,
        request: Request<v1::SetQueueRequest>,
    ) -> Answer<v1::SetQueueResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let op = Op::SetQueue(from_wire::set_queue(asked).map_err(Refused::from)?);
        let changed = self.change(&caller, op).await;
        let Changed { revision, position } = changed.map_err(|it| it.within("settings"))?;
        answer(v1::SetQueueResponse { revision, position })
    }

    async fn pause_queue(
        &self,
        request: Request<v1::PauseQueueRequest>,
    ) -> Answer<v1::PauseQueueResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let Changed { revision, position } =
            self.set_mode(&caller, asked.tag, Mode::Paused).await?;
        answer(v1::PauseQueueResponse { revision, position })
    }

    async fn resume_queue(
        &self,
        request: Request<v1::ResumeQueueRequest>,
    ) -> Answer<v1::ResumeQueueResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let Changed { revision, position } =
            self.set_mode(&caller, asked.tag, Mode::Active).await?;
        answer(v1::ResumeQueueResponse { revision, position })
    }

    async fn drain_queue(
        &self,
        request: Request<v1::DrainQueueRequest>,
    ) -> Answer<v1::DrainQueueResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let Changed { revision, position } =
            self.set_mode(&caller, asked.tag, Mode::Draining).await?;
        answer(v1::DrainQueueResponse { revision, position })
    }
}
