//! Crons: made, looked at, changed, removed, fired by hand.

use std::sync::Arc;

use ackord_core::answer::Reply;
use ackord_core::command::{DeleteCron, Op, PauseCron};
use ackord_core::id::{CronId, TeamId};
use ackord_core::model::{Cron, Role};
use ackord_machine::RowView;
use ackord_proto::v1::cron_service_server::CronService;
use ackord_proto::{from_wire, v1};
use tonic::Request;

use crate::api::{Answer, Api, Done, answer};
use crate::auth::Caller;
use crate::cron_rows;
use crate::cron_times::Times;
use crate::page::Ask;
use crate::refused::Refused;
use crate::submit::draw;

/// Who may look.
const READERS: [Role; 2] = [Role::Observe, Role::Manage];
/// Instants that are shown of one cron.
const SHOWN: usize = 5;
/// Instants of a preview at the most.
const PREVIEW_MAX: usize = 100;

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Crons(pub(crate) Api);

/// A cron that somebody wants to change, as it was decided last.
struct Present {
    team: TeamId,
    cron: Arc<Cron>,
}

impl Crons {
    /// The team of a caller who may change its crons. What changes is what was decided last,
    /// wherever: this node knows it when this returns.
    async fn manage(&self, caller: &Caller) -> Result<TeamId, Refused> {
        let team = caller.team_as(&[Role::Manage])?;
        self.0.catch_up().await?;
        Ok(team)
    }

    async fn present(&self, caller: &Caller, name: String) -> Result<Present, Refused> {
        let team = self.manage(caller).await?;
        let cron = self.0.find_cron(caller, team, name).await?.cron;
        Ok(Present { team, cron })
    }

    /// A cron as the API shows it.
    async fn show(&self, team: TeamId, id: CronId) -> Result<v1::Cron, Refused> {
        Ok(self.0.cron(team, id).await?.shown(SHOWN))
    }

    /// Carries a change out, and shows the cron as it is then: as far as this node knows.
    async fn change(
        &self,
        caller: &Caller,
        team: TeamId,
        op: Op,
    ) -> Result<(Option<v1::Cron>, Option<v1::Position>), Refused> {
        let done = self.0.propose(caller.command(Some(team), op)).await?;
        let Reply::Cron(id, revision) = done.reply else {
            unreachable!("a cron that changes has a revision")
        };
        let shown = self.0.after(done.position, self.show(team, id)).await;
        let cron = shown.unwrap_or_else(|| v1::Cron {
            id: id.to_string(),
            revision,
            ..v1::Cron::default()
        });
        Ok((Some(cron), Some(done.position)))
    }

    fn preview(&self, asked: v1::PreviewScheduleRequest) -> Result<Vec<u64>, Refused> {
        // What a preview does not ask for changes no instant.
        let terms = v1::CronTerms {
            label: "preview".to_owned(),
            schedule: asked.schedule,
            time_zone: asked.time_zone,
            starts_at_ms: asked.starts_at_ms,
            ends_at_ms: asked.ends_at_ms,
            ..v1::CronTerms::default()
        };
        let terms = from_wire::cron_terms(terms)?;
        let now = self.0.machine.log_now();
        let times = Times::of(&terms, terms.starts.unwrap_or(now))?;
        let count = match usize::try_from(asked.count).unwrap_or(PREVIEW_MAX) {
            0 => SHOWN,
            count => count.min(PREVIEW_MAX),
        };
        let first = times.first(now)?;
        let rest = times.upcoming(first, count - 1);
        Ok(std::iter::once(first).chain(rest).map(|it| it.0).collect())
    }
}

#[tonic::async_trait]
impl CronService for Crons {
    async fn create_cron(
        &self,
        request: Request<v1::CreateCronRequest>,
    ) -> Answer<v1::CreateCronResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = self.manage(&caller).await?;
        let op = Op::CreateCron(Box::new(self.0.cron_creation(asked)?));
        let changed = self.change(&caller, team, op).await;
        let (cron, position) = changed.map_err(|it| it.within("terms"))?;
        answer(v1::CreateCronResponse { cron, position })
    }

    async fn get_cron(&self, request: Request<v1::GetCronRequest>) -> Answer<v1::GetCronResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        self.0.reach(asked.at_least).await?;
        let found = self.0.find_cron(&caller, team, asked.cron).await?;
        answer(v1::GetCronResponse {
            cron: Some(found.shown(SHOWN)),
        })
    }

    async fn list_crons(
        &self,
        request: Request<v1::ListCronsRequest>,
    ) -> Answer<v1::ListCronsResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let ask = Ask::read(asked.page_size, &asked.page_token)?;
        let read = move |rows: &RowView| cron_rows::list(rows, team, &caller.token, &ask);
        let page = self.0.read(asked.at_least, read).await?;
        answer(v1::ListCronsResponse {
            crons: page.items,
            next_page_token: page.next,
        })
    }

    async fn update_cron(
        &self,
        request: Request<v1::UpdateCronRequest>,
    ) -> Answer<v1::UpdateCronResponse> {
        let (caller, mut asked) = self.0.open(request).await?;
        let name = std::mem::take(&mut asked.cron);
        let Present { team, cron } = self.present(&caller, name).await?;
        let op = Op::UpdateCron(Box::new(self.0.cron_update(&cron, asked)?));
        let changed = self.change(&caller, team, op).await;
        let (cron, position) = changed.map_err(|it| it.within("terms"))?;
        answer(v1::UpdateCronResponse { cron, position })
    }

    async fn delete_cron(
        &self,
        request: Request<v1::DeleteCronRequest>,
    ) -> Answer<v1::DeleteCronResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let Present { team, cron } = self.present(&caller, asked.cron).await?;
        let op = Op::DeleteCron(DeleteCron {
            cron: cron.id,
            revision: asked.revision,
        });
        let position = self.0.carry_out(caller.command(Some(team), op)).await?;
        answer(v1::DeleteCronResponse { position })
    }

    async fn pause_cron(
        &self,
        request: Request<v1::PauseCronRequest>,
    ) -> Answer<v1::PauseCronResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let Present { team, cron } = self.present(&caller, asked.cron).await?;
        let op = Op::PauseCron(PauseCron { cron: cron.id });
        let (cron, position) = self.change(&caller, team, op).await?;
        answer(v1::PauseCronResponse { cron, position })
    }

    async fn resume_cron(
        &self,
        request: Request<v1::ResumeCronRequest>,
    ) -> Answer<v1::ResumeCronResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let Present { team, cron } = self.present(&caller, asked.cron).await?;
        let op = Op::ResumeCron(self.0.cron_resumption(&cron)?);
        let (cron, position) = self.change(&caller, team, op).await?;
        answer(v1::ResumeCronResponse { cron, position })
    }

    async fn fire_cron(
        &self,
        request: Request<v1::FireCronRequest>,
    ) -> Answer<v1::FireCronResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let Present { team, cron } = self.present(&caller, asked.cron).await?;
        let fire = from_wire::fire_cron(cron.id, &asked.dedup_key, draw());
        let op = Op::FireCron(fire.map_err(Refused::from)?);
        let Done { reply, position } = self.0.propose(caller.command(Some(team), op)).await?;
        let Reply::Submitted(event, _) = reply else {
            unreachable!("a cron that is fired becomes an event")
        };
        answer(v1::FireCronResponse {
            event_id: event.to_string(),
            position: Some(position),
        })
    }

    async fn preview_schedule(
        &self,
        request: Request<v1::PreviewScheduleRequest>,
    ) -> Answer<v1::PreviewScheduleResponse> {
        let (caller, asked) = self.0.open(request).await?;
        caller.team_as(&READERS)?;
        answer(v1::PreviewScheduleResponse {
            next_at_ms: self.preview(asked)?,
        })
    }
}
