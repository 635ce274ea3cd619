//! Sources: made, changed, looked at, removed.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackord_core::answer::Reply;
use ackord_core::command::{DeleteSource, Op, OpenPairing, UpdateSource};
use ackord_core::id::{SourceId, TeamId};
use ackord_core::model::{Role, Source, Watch, Watched};
use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_core::text::Slug;
use ackord_core::time::Millis;
use ackord_machine::RowView;
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::v1::source_service_server::SourceService;
use ackord_proto::{from_wire, to_wire, v1};
use prost::Message;
use tokio::time::timeout;
use tonic::Request;

use crate::api::{Answer, Api, Done, answer};
use crate::auth::Caller;
use crate::cron_rows;
use crate::limits::REACH_MAX;
use crate::page::Ask;
use crate::refused::Refused;
use crate::source_change::{check_bounds, no_webhooks};

/// Who may look.
const READERS: [Role; 2] = [Role::Observe, Role::Manage];

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Sources(pub(crate) Api);

impl Sources {
    /// The team of a caller who may change its sources. What changes is what was decided last,
    /// wherever: this node knows it when this returns.
    pub(crate) async fn manage(&self, caller: &Caller) -> Result<TeamId, Refused> {
        let team = caller.team_as(&[Role::Manage])?;
        caller.need_all_tags()?;
        let fresh = timeout(REACH_MAX, self.0.machine.fresh()).await;
        if !fresh.is_ok_and(|it| it.is_ok()) {
            let message = "no leader confirms that this node is up to date: ask another one";
            return Err(Refused::new(Reason::NoLeader, message));
        }
        Ok(team)
    }

    /// A source of the team. Another team's is as unknown as one that never was.
    pub(crate) fn find(&self, team: TeamId, slug: String) -> Result<Arc<Source>, Refused> {
        let slug = from_wire::slug(slug)?;
        let view = self.0.machine.view();
        let source = view.directory.source_named(team, &slug);
        source.cloned().ok_or_else(Refused::not_found)
    }

    /// A source as the API shows it, with its definition.
    async fn show(&self, id: SourceId) -> Result<v1::Source, Refused> {
        let (held, watch) = self.0.machine.read(move |rows| moving(rows, id)).await;
        let view = self.0.machine.view();
        let source = view.directory.source(id).ok_or_else(Refused::not_found)?;
        let definition = v1::SourceDefinition::decode(source.definition.clone());
        Ok(v1::Source {
            definition: definition.ok(),
            ..self.outline(source, held, watch.as_ref())?
        })
    }

    fn outline(
        &self,
        source: &Source,
        held: u64,
        watch: Option<&Watch>,
    ) -> Result<v1::Source, Refused> {
        let view = self.0.machine.view();
        let team = view.directory.team(source.team);
        let team = team.ok_or_else(Refused::not_found)?;
        Ok(to_wire::source(source, &team.name, held, watch))
    }

    /// Carries a change out, and shows the source as it is then: as far as this node knows.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        team: TeamId,
        slug: &Slug,
        op: Op,
    ) -> Result<(v1::Source, v1::Position), Refused> {
        let done = self.0.propose(caller.command(Some(team), op)).await?;
        let Reply::Source(id, revision) = done.reply else {
            unreachable!("a source that changes has a revision")
        };
        let shown = self.0.after(done.position, self.show(id)).await;
        let source = shown.unwrap_or_else(|| v1::Source {
            id: id.to_string(),
            slug: slug.to_string(),
            revision,
            ..v1::Source::default()
        });
        Ok((source, done.position))
    }

    async fn pair(
        &self,
        caller: &Caller,
        asked: v1::OpenPairingRequest,
    ) -> Result<v1::OpenPairingResponse, Refused> {
        let team = self.manage(caller).await?;
        let op = Op::OpenPairing(OpenPairing {
            source: self.find(team, asked.slug)?.id,
            span: Millis(asked.for_ms),
        });
        let Done { reply, position } = self.0.propose(caller.command(Some(team), op)).await?;
        let Reply::Paired(until) = reply else {
            unreachable!("pairing is open or not")
        };
        Ok(v1::OpenPairingResponse {
            until_ms: until.unwrap_or_default().0,
            position: Some(position),
        })
    }

    async fn list(
        &self,
        caller: &Caller,
        asked: v1::ListSourcesRequest,
    ) -> Result<v1::ListSourcesResponse, Refused> {
        let team = caller.team_as(&READERS)?;
        let ask = Ask::<SourceId>::read(asked.page_size, &asked.page_token)?;
        self.0.reach(asked.at_least).await?;
        let view = self.0.machine.view();
        let wanted = || {
            let sources = view.directory.sources();
            sources.filter(|it| it.team == team && ask.after.is_none_or(|last| it.id > last))
        };
        let shown: Vec<SourceId> = wanted().take(ask.size()).map(|it| it.id).collect();
        let moving = self.0.machine.read(move |rows| moving_all(rows, shown));
        let moving = moving.await;
        let named = wanted().map(|it| Ok::<_, Refused>((it.id, it)));
        let page = ask.page(named, |it| {
            let (held, watch) = moving
                .get(&it.id)
                .map_or((0, None), |it| (it.0, it.1.as_ref()));
            self.outline(it, held, watch).map(Some)
        })?;
        Ok(v1::ListSourcesResponse {
            sources: page.items,
            next_page_token: page.next,
        })
    }

    fn requests(
        &self,
        caller: &Caller,
        asked: v1::ListRequestsRequest,
    ) -> Result<v1::ListRequestsResponse, Refused> {
        let team = caller.team_as(&READERS)?;
        let slug = match asked.slug {
            slug if slug.is_empty() => None,
            slug => Some(from_wire::slug(slug)?),
        };
        let most = from_wire::page_size(asked.page_size);
        let slug = slug.as_ref().map(|it| it.as_str());
        let recent = self.0.door()?.recent(team, slug, asked.refused, most);
        Ok(v1::ListRequestsResponse {
            requests: recent.ok_or_else(no_webhooks)?,
            node_id: self.0.node.to_string(),
        })
    }

    async fn test(
        &self,
        caller: &Caller,
        asked: v1::TestSourceRequest,
    ) -> Result<v1::TestSourceResponse, Refused> {
        let team = self.manage(caller).await?;
        let source = self.find(team, asked.slug)?;
        let request = asked.request;
        let request = request.ok_or_else(|| Refused::invalid("request", "is required"))?;
        let definition = asked.definition.as_ref();
        if let Some(definition) = definition {
            check_bounds(definition).map_err(|it| it.within("definition"))?;
        }
        Ok(self.0.door()?.test(&source, definition, &request)?)
    }
}

/// What a source holds, and what is known of its silence.
fn moving(rows: &RowView, id: SourceId) -> Result<(u64, Option<Watch>), RowError> {
    let held = match rows.get(&Key::Holding(id))? {
        Some(Row::Holding(it)) => it.run.len,
        Some(_) | None => 0,
    };
    Ok((held, cron_rows::watch(rows, Watched::Source(id))?))
}

/// The same of each of these.
fn moving_all(
    rows: &RowView,
    ids: Vec<SourceId>,
) -> Result<BTreeMap<SourceId, (u64, Option<Watch>)>, RowError> {
    let each = |id| Ok((id, moving(rows, id)?));
    ids.into_iter().map(each).collect()
}

#[tonic::async_trait]
impl SourceService for Sources {
    async fn create_source(
        &self,
        request: Request<v1::CreateSourceRequest>,
    ) -> Answer<v1::CreateSourceResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = self.manage(&caller).await?;
        let creation = self.creation(team, asked)?;
        let slug = creation.slug.clone();
        let op = Op::CreateSource(creation);
        let (source, position) = self.change(&caller, team, &slug, op).await?;
        answer(v1::CreateSourceResponse {
            source: Some(source),
            position: Some(position),
        })
    }

    async fn get_source(
        &self,
        request: Request<v1::GetSourceRequest>,
    ) -> Answer<v1::GetSourceResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        self.0.reach(asked.at_least).await?;
        let source = self.find(team, asked.slug)?;
        answer(v1::GetSourceResponse {
            source: Some(self.show(source.id).await?),
        })
    }

    async fn list_sources(
        &self,
        request: Request<v1::ListSourcesRequest>,
    ) -> Answer<v1::ListSourcesResponse> {
        let (caller, asked) = self.0.open(request).await?;
        answer(self.list(&caller, asked).await?)
    }

    async fn update_source(
        &self,
        request: Request<v1::UpdateSourceRequest>,
    ) -> Answer<v1::UpdateSourceResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = self.manage(&caller).await?;
        let source = self.find(team, asked.slug.clone())?;
        let op = Op::UpdateSource(self.update(&source, asked)?);
        let changed = self.change(&caller, team, &source.slug, op).await;
        let (source, position) = changed?;
        answer(v1::UpdateSourceResponse {
            source: Some(source),
            position: Some(position),
        })
    }

    async fn delete_source(
        &self,
        request: Request<v1::DeleteSourceRequest>,
    ) -> Answer<v1::DeleteSourceResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = self.manage(&caller).await?;
        let op = Op::DeleteSource(DeleteSource {
            source: self.find(team, asked.slug)?.id,
            revision: asked.revision,
        });
        let command = caller.command(Some(team), op);
        answer(v1::DeleteSourceResponse {
            position: self.0.carry_out(command).await?,
        })
    }

    async fn test_source(
        &self,
        request: Request<v1::TestSourceRequest>,
    ) -> Answer<v1::TestSourceResponse> {
        let (caller, asked) = self.0.open(request).await?;
        answer(self.test(&caller, asked).await?)
    }

    async fn open_pairing(
        &self,
        request: Request<v1::OpenPairingRequest>,
    ) -> Answer<v1::OpenPairingResponse> {
        let (caller, asked) = self.0.open(request).await?;
        answer(self.pair(&caller, asked).await?)
    }

    async fn reseal_source(
        &self,
        request: Request<v1::ResealSourceRequest>,
    ) -> Answer<v1::ResealSourceResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = self.manage(&caller).await?;
        let source = self.find(team, asked.slug)?;
        let key_id = self.0.keyring()?.current().to_string();
        let (secrets, resealed) = self.resealed(&source)?;
        if resealed == 0 {
            return answer(v1::ResealSourceResponse {
                resealed,
                key_id,
                revision: source.revision,
                position: None,
            });
        }
        let op = Op::UpdateSource(UpdateSource {
            source: source.id,
            revision: Some(source.revision),
            mode: None,
            definition: None,
            secrets: Some(secrets),
            silence: None,
        });
        let changed = self.change(&caller, team, &source.slug, op).await;
        let (source, position) = changed?;
        answer(v1::ResealSourceResponse {
            resealed,
            key_id,
            revision: source.revision,
            position: Some(position),
        })
    }

    async fn list_requests(
        &self,
        request: Request<v1::ListRequestsRequest>,
    ) -> Answer<v1::ListRequestsResponse> {
        let (caller, asked) = self.0.open(request).await?;
        answer(self.requests(&caller, asked)?)
    }

    async fn reroute_events(
        &self,
        request: Request<v1::RerouteEventsRequest>,
    ) -> Answer<v1::RerouteEventsResponse> {
        let (caller, asked) = self.0.open(request).await?;
        answer(self.reroute(&caller, asked).await?)
    }
}
