//! Effects: what sessions do outside of the cluster.

use ackord_core::answer::{EffectOutcome, Reply};
use ackord_core::command::{Fence, Op};
use ackord_core::id::{EventId, TeamId};
use ackord_core::model::{Effect, Role};
use ackord_machine::RowView;
use ackord_proto::v1::effect_service_server::EffectService;
use ackord_proto::{from_wire, to_wire, v1};
use tonic::Request;

use crate::api::{Answer, Api, answer};
use crate::auth::Caller;
use crate::event_rows::{self, Tags};
use crate::refused::Refused;

const SESSION: [Role; 1] = [Role::Session];
/// Who may look.
const READERS: [Role; 3] = [Role::Session, Role::Observe, Role::Manage];

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Effects(pub(crate) Api);

/// What a call that concerns an effect comes to.
struct Told {
    outcome: EffectOutcome,
    effect: Effect,
    position: v1::Position,
}

impl Effects {
    async fn tell(
        &self,
        caller: &Caller,
        team: TeamId,
        fence: Fence,
        op: Op,
    ) -> Result<Told, Refused> {
        let done = self.0.propose(caller.command(Some(team), op)).await?;
        self.0.sessions.answered(fence);
        let Reply::Effect(outcome, effect) = done.reply else {
            unreachable!("a call that concerns an effect answers with it")
        };
        Ok(Told {
            outcome,
            effect: *effect,
            position: done.position,
        })
    }
}

#[tonic::async_trait]
impl EffectService for Effects {
    async fn begin_effect(
        &self,
        request: Request<v1::BeginEffectRequest>,
    ) -> Answer<v1::BeginEffectResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&SESSION)?;
        let begin = from_wire::begin_effect(asked).map_err(Refused::from)?;
        let fence = begin.fence;
        let told = self
            .tell(&caller, team, fence, Op::BeginEffect(begin))
            .await?;
        answer(v1::BeginEffectResponse {
            outcome: to_wire::effect_outcome(told.outcome).into(),
            effect: Some(to_wire::effect(&told.effect)),
            position: Some(told.position),
        })
    }

    async fn complete_effect(
        &self,
        request: Request<v1::CompleteEffectRequest>,
    ) -> Answer<v1::CompleteEffectResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&SESSION)?;
        let complete = from_wire::complete_effect(asked).map_err(Refused::from)?;
        let fence = complete.fence;
        let told = self
            .tell(&caller, team, fence, Op::CompleteEffect(complete))
            .await?;
        answer(v1::CompleteEffectResponse {
            effect: Some(to_wire::effect(&told.effect)),
            again: told.outcome == EffectOutcome::Done,
            position: Some(told.position),
        })
    }

    async fn force_effect(
        &self,
        request: Request<v1::ForceEffectRequest>,
    ) -> Answer<v1::ForceEffectResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&SESSION)?;
        let force = from_wire::force_effect(asked).map_err(Refused::from)?;
        let fence = force.fence;
        let told = self
            .tell(&caller, team, fence, Op::ForceEffect(force))
            .await?;
        answer(v1::ForceEffectResponse {
            outcome: to_wire::effect_outcome(told.outcome).into(),
            effect: Some(to_wire::effect(&told.effect)),
            position: Some(told.position),
        })
    }

    async fn list_effects(
        &self,
        request: Request<v1::ListEffectsRequest>,
    ) -> Answer<v1::ListEffectsResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let id: EventId = from_wire::id(&asked.event_id, "event_id").map_err(Refused::from)?;
        let read = move |rows: &RowView| {
            let Some(event) = event_rows::event(rows, team, id)? else {
                return Ok(None);
            };
            let tag = Tags::new(rows).of(event.queue)?.cloned();
            let ledger = event_rows::ledger(rows, &event)?;
            Ok(Some((tag, to_wire::ledger(&ledger))))
        };
        let found = self.0.read(asked.at_least, read).await?;
        let (tag, effects) = found.ok_or_else(Refused::not_found)?;
        caller.need_tag(tag.as_ref())?;
        answer(v1::ListEffectsResponse { effects })
    }
}
