//! Events, finished ones and dead letters: looked at, and sent round again.

use ackord_core::answer::Reply;
use ackord_core::command::{Op, Purge, Replay};
use ackord_core::id::{EventId, JobId, QueueId};
use ackord_core::model::{Event, Job, Role};
use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_core::text::Tag;
use ackord_core::why;
use ackord_machine::RowView;
use ackord_proto::v1::event_service_server::EventService;
use ackord_proto::{from_wire, to_wire, v1};
use tonic::Request;

use crate::api::{Answer, Api, LOG, answer};
use crate::auth::Caller;
use crate::event_rows::{self, Filter, Tags};
use crate::page::Ask;
use crate::refused::Refused;
use crate::walk::unexpected;

/// Who may look.
const READERS: [Role; 2] = [Role::Observe, Role::Manage];
const MANAGERS: [Role; 1] = [Role::Manage];

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Events(pub(crate) Api);

impl Events {
    /// Reads something about one event that the caller may see.
    async fn about<T: Send + 'static>(
        &self,
        caller: &Caller,
        id: &str,
        at_least: Option<v1::Position>,
        about: impl FnOnce(&RowView, &Event, Option<&Tag>) -> Result<T, RowError> + Send + 'static,
    ) -> Result<T, Refused> {
        let team = caller.team_as(&READERS)?;
        let id = from_wire::id(id, "event_id")?;
        let read = move |rows: &RowView| {
            let Some(event) = event_rows::event(rows, team, id)? else {
                return Ok(None);
            };
            let mut tags = Tags::new(rows);
            let tag = tags.of(event.queue)?;
            Ok(Some((tag.cloned(), about(rows, &event, tag)?)))
        };
        let found = self.0.read(at_least, read).await?;
        let (tag, about) = found.ok_or_else(Refused::not_found)?;
        caller.need_tag(tag.as_ref())?;
        Ok(about)
    }

    async fn job(&self, caller: &Caller, asked: v1::GetJobRequest) -> Result<v1::Job, Refused> {
        let team = caller.team_as(&READERS)?;
        let id: JobId = from_wire::id(&asked.job_id, "job_id")?;
        let read = move |rows: &RowView| {
            let Some(job) = job(rows, id)?.filter(|it| it.team == team) else {
                return Ok(None);
            };
            let tag = job.filter.queue.map(|it| tag(rows, it)).transpose()?;
            Ok(Some((
                to_wire::job(&job, tag.as_ref().map(Option::as_ref)),
                tag,
            )))
        };
        let found = self.0.read(asked.at_least, read).await?;
        let (job, tag) = found.ok_or_else(Refused::not_found)?;
        caller.need_tag(tag.flatten().as_ref())?;
        Ok(job)
    }
}

fn job(rows: &RowView, id: JobId) -> Result<Option<Job>, RowError> {
    match rows.get(&Key::Job(id))? {
        None => Ok(None),
        Some(Row::Job(job)) => Ok(Some(job)),
        Some(_) => Err(unexpected(&Key::Job(id))),
    }
}

fn tag(rows: &RowView, queue: QueueId) -> Result<Option<Tag>, RowError> {
    Ok(Tags::new(rows).of(queue)?.cloned())
}

#[tonic::async_trait]
impl EventService for Events {
    async fn get_event(
        &self,
        request: Request<v1::GetEventRequest>,
    ) -> Answer<v1::GetEventResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let show = |rows: &RowView, event: &Event, tag: Option<&Tag>| {
            let ledger = event_rows::ledger(rows, event)?;
            Ok(to_wire::event(event, tag, &ledger, LOG))
        };
        let event = self
            .about(&caller, &asked.event_id, asked.at_least, show)
            .await?;
        answer(v1::GetEventResponse { event: Some(event) })
    }

    async fn list_events(
        &self,
        request: Request<v1::ListEventsRequest>,
    ) -> Answer<v1::ListEventsResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let ask = Ask::<EventId>::read(asked.page_size, &asked.page_token)?;
        let filter = Filter {
            token: caller.token,
            tag: from_wire::tag_filter(asked.tag).map_err(Refused::from)?,
            state: from_wire::event_state(asked.state).map_err(Refused::from)?,
            event_type: from_wire::event_type(asked.event_type).map_err(Refused::from)?,
            cause: None,
            with_ledgers: false,
        };
        let read = move |rows: &RowView| event_rows::list(rows, team, &ask, &filter);
        let page = self.0.read(asked.at_least, read).await?;
        answer(v1::ListEventsResponse {
            events: page.items,
            next_page_token: page.next,
        })
    }

    async fn get_body(&self, request: Request<v1::GetBodyRequest>) -> Answer<v1::GetBodyResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let show = |rows: &RowView, event: &Event, _: Option<&Tag>| {
            Ok(to_wire::body(&event_rows::content(rows, event)?))
        };
        answer(
            self.about(&caller, &asked.event_id, asked.at_least, show)
                .await?,
        )
    }

    async fn list_history(
        &self,
        request: Request<v1::ListHistoryRequest>,
    ) -> Answer<v1::ListHistoryResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let ask = Ask::read(asked.page_size, &asked.page_token)?;
        let filter = Filter {
            token: caller.token,
            tag: from_wire::tag_filter(asked.tag).map_err(Refused::from)?,
            state: from_wire::event_state(asked.state).map_err(Refused::from)?,
            event_type: None,
            cause: None,
            with_ledgers: true,
        };
        let read = move |rows: &RowView| event_rows::list_finished(rows, team, &ask, &filter);
        let page = self.0.read(asked.at_least, read).await?;
        answer(v1::ListHistoryResponse {
            events: page.items,
            next_page_token: page.next,
        })
    }

    async fn why(&self, request: Request<v1::WhyRequest>) -> Answer<v1::WhyResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let now = self.0.machine.log_now();
        let show = move |rows: &RowView, event: &Event, _: Option<&Tag>| {
            let why = why(rows, event.team, event.id, now)?;
            Ok(to_wire::why(&why.expect("the event is in these rows")))
        };
        answer(
            self.about(&caller, &asked.event_id, asked.at_least, show)
                .await?,
        )
    }

    async fn list_dead(
        &self,
        request: Request<v1::ListDeadRequest>,
    ) -> Answer<v1::ListDeadResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let ask = Ask::read(asked.page_size, &asked.page_token)?;
        let filter = Filter {
            token: caller.token,
            tag: from_wire::tag_filter(asked.tag).map_err(Refused::from)?,
            state: None,
            event_type: from_wire::event_type(asked.event_type).map_err(Refused::from)?,
            cause: from_wire::dead_cause(asked.cause).map_err(Refused::from)?,
            with_ledgers: true,
        };
        let read = move |rows: &RowView| event_rows::list_dead(rows, team, &ask, &filter);
        let page = self.0.read(asked.at_least, read).await?;
        answer(v1::ListDeadResponse {
            events: page.items,
            next_page_token: page.next,
        })
    }

    async fn replay(&self, request: Request<v1::ReplayRequest>) -> Answer<v1::ReplayResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&MANAGERS)?;
        let event = from_wire::id(&asked.event_id, "event_id").map_err(Refused::from)?;
        let command = caller.command(Some(team), Op::Replay(Replay { event }));
        answer(v1::ReplayResponse {
            position: self.0.carry_out(command).await?,
        })
    }

    async fn purge(&self, request: Request<v1::PurgeRequest>) -> Answer<v1::PurgeResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&MANAGERS)?;
        let event = from_wire::id(&asked.event_id, "event_id").map_err(Refused::from)?;
        let command = caller.command(Some(team), Op::Purge(Purge { event }));
        answer(v1::PurgeResponse {
            position: self.0.carry_out(command).await?,
        })
    }

    async fn start_job(
        &self,
        request: Request<v1::StartJobRequest>,
    ) -> Answer<v1::StartJobResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&MANAGERS)?;
        let job = from_wire::start_job(asked).map_err(Refused::from)?;
        let done = self
            .0
            .propose(caller.command(Some(team), Op::StartJob(job)))
            .await?;
        let Reply::Job(id) = done.reply else {
            unreachable!("a job that begins has an id")
        };
        answer(v1::StartJobResponse {
            job_id: id.to_string(),
            position: Some(done.position),
        })
    }

    async fn get_job(&self, request: Request<v1::GetJobRequest>) -> Answer<v1::GetJobResponse> {
        let (caller, asked) = self.0.open(request).await?;
        answer(v1::GetJobResponse {
            job: Some(self.job(&caller, asked).await?),
        })
    }
}
