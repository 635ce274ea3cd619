//! Changes of crons, before anything is proposed: which cron is meant, and what its next tick is.

use ackord_core::command::{CreateCron, ResumeCron, UpdateCron};
use ackord_core::id::{CronId, TeamId};
use ackord_core::model::{Cron, CronTerms, Silence};
use ackord_core::time::Timestamp;
use ackord_machine::RowView;
use ackord_proto::from_wire::CronName;
use ackord_proto::{from_wire, v1};

use crate::api::Api;
use crate::auth::Caller;
use crate::cron_rows::{self, Found};
use crate::cron_times::Times;
use crate::refused::Refused;

impl Api {
    /// A cron of the team, if the caller reaches its queue.
    pub(crate) async fn find_cron(
        &self,
        caller: &Caller,
        team: TeamId,
        name: String,
    ) -> Result<Found, Refused> {
        let id = match from_wire::cron_name(name)? {
            CronName::Id(id) => Some(id),
            CronName::Label(label) => self.machine.cron_named(team, label).await?,
        };
        let id = id.ok_or_else(Refused::not_found)?;
        let found = self.cron(team, id).await?;
        caller.need_tag(found.cron.terms.tag.as_ref())?;
        Ok(found)
    }

    /// All that is known of a cron of the team.
    pub(crate) async fn cron(&self, team: TeamId, id: CronId) -> Result<Found, Refused> {
        let read = move |rows: &RowView| cron_rows::cron(rows, team, id);
        let found = self.machine.read(read).await;
        found.ok_or_else(Refused::not_found)
    }

    /// A cron that is to be.
    pub(crate) fn cron_creation(
        &self,
        asked: v1::CreateCronRequest,
    ) -> Result<CreateCron, Refused> {
        let (terms, silence) = terms(asked.terms)?;
        let instruction = from_wire::instruction(asked.instruction)?;
        let instruction =
            instruction.ok_or_else(|| Refused::invalid("instruction", "is required"))?;
        let now = self.machine.log_now();
        let anchor = terms.starts.unwrap_or(now);
        let first = first(&terms, anchor, now)?;
        Ok(CreateCron {
            terms,
            instruction,
            anchor,
            next: Some(first).filter(|_| !asked.paused),
            silence,
        })
    }

    /// A change of a cron: what comes next is computed where it has to be.
    pub(crate) fn cron_update(
        &self,
        present: &Cron,
        asked: v1::UpdateCronRequest,
    ) -> Result<UpdateCron, Refused> {
        let (terms, silence) = terms(asked.terms)?;
        let now = self.now_for(present);
        let same = terms.fires_as(&present.terms);
        let anchor = match same {
            true => present.anchor,
            false => terms.starts.unwrap_or(now),
        };
        let next = match same {
            // One that is not decided stays; and it may have ended, or be paused, and stay so.
            true => times(&terms, anchor)?.next(now),
            false => Some(first(&terms, anchor, now)?),
        };
        Ok(UpdateCron {
            cron: present.id,
            revision: asked.revision,
            terms,
            instruction: from_wire::instruction(asked.instruction)?,
            anchor,
            next,
            silence,
        })
    }

    /// A paused cron goes on.
    pub(crate) fn cron_resumption(&self, present: &Cron) -> Result<ResumeCron, Refused> {
        let next = first(&present.terms, present.anchor, self.now_for(present))?;
        Ok(ResumeCron {
            cron: present.id,
            revision: present.revision,
            next,
        })
    }

    /// Log time, and never before what was decided of a cron.
    fn now_for(&self, cron: &Cron) -> Timestamp {
        let decided = cron.last.map_or(Timestamp(0), |it| it.nominal);
        self.machine.log_now().max(decided)
    }
}

fn terms(wire: Option<v1::CronTerms>) -> Result<(CronTerms, Option<Silence>), Refused> {
    let mut wire = wire.ok_or_else(|| Refused::invalid("terms", "is required"))?;
    let silence = from_wire::silence(wire.silence.take());
    let terms = from_wire::cron_terms(wire);
    let terms = terms.and_then(|terms| Ok((terms, silence?)));
    terms.map_err(|it| Refused::from(it).within("terms"))
}

fn times(terms: &CronTerms, anchor: Timestamp) -> Result<Times, Refused> {
    if let (Some(starts), Some(ends)) = (terms.starts, terms.ends)
        && ends <= starts
    {
        return Err(Refused::invalid(
            "terms.ends_at_ms",
            "must be after it starts",
        ));
    }
    Times::of(terms, anchor).map_err(|it| it.within("terms"))
}

fn first(terms: &CronTerms, anchor: Timestamp, now: Timestamp) -> Result<Timestamp, Refused> {
    let first = times(terms, anchor)?.first(now);
    first.map_err(|it| it.within("terms"))
}

#[cfg(all(test, not(madsim)))]
mod tests {
    use ackord_core::model::CronCounts;

    use super::*;
    use crate::nobody::api;

    #[tokio::test]
    async fn a_cron_whose_last_tick_waits_to_be_decided_can_be_renamed() {
        let api = api().await;
        let wire = |label: &str| v1::CronTerms {
            label: label.to_owned(),
            schedule: "@every 1h".to_owned(),
            starts_at_ms: 1_000,
            ends_at_ms: 2_000,
            ..v1::CronTerms::default()
        };
        let once = from_wire::cron_terms(wire("once")).expect("valid");
        let due = Cron {
            id: CronId(7),
            team: TeamId(2),
            revision: 1,
            anchor: Timestamp(1_000),
            paused: None,
            next: Some(Timestamp(1_000)),
            last: None,
            live: None,
            others: vec![],
            counts: CronCounts::default(),
            created: Timestamp(0),
            changed: Timestamp(0),
            terms: once,
        };
        let update = api.cron_update(
            &due,
            v1::UpdateCronRequest {
                terms: Some(wire("the-once")),
                ..v1::UpdateCronRequest::default()
            },
        );
        assert_eq!(update.expect("its schedule stays").next, None);
    }
}
