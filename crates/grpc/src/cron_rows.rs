//! Crons in the rows.

use std::sync::Arc;

use ackord_core::id::{CronId, TeamId};
use ackord_core::model::{Cron, Instruction, Token, Watch, Watched};
use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_machine::RowView;
use ackord_proto::{to_wire, v1};

use crate::cron_times;
use crate::page::{Ask, Page};
use crate::walk::{Walk, unexpected};

/// A team's crons from this one on.
fn crons(
    rows: &RowView,
    team: TeamId,
    from: CronId,
) -> impl Iterator<Item = Result<(CronId, Arc<Cron>), RowError>> {
    let to = Key::Cron(team, CronId(u64::MAX));
    Walk::forward(rows, Key::Cron(team, from), to).map(|it| match it? {
        (Key::Cron(_, id), Row::Cron(cron)) => Ok((id, cron)),
        (key, _) => Err(unexpected(&key)),
    })
}

/// All that is known of a cron.
pub(crate) struct Found {
    pub(crate) cron: Arc<Cron>,
    /// What an agent is told when it fires.
    told: Instruction,
    watch: Option<Watch>,
}

impl Found {
    /// As the API shows it, with so many of its next instants.
    pub(crate) fn shown(&self, instants: usize) -> v1::Cron {
        let next = cron_times::of_cron(&self.cron, instants);
        to_wire::cron(&self.cron, Some(&self.told), &next, self.watch.as_ref())
    }
}

/// A cron of the team, if there is one.
pub(crate) fn cron(rows: &RowView, team: TeamId, id: CronId) -> Result<Option<Found>, RowError> {
    let cron = match rows.get(&Key::Cron(team, id))? {
        Some(Row::Cron(cron)) => cron,
        Some(_) => return Err(unexpected(&Key::Cron(team, id))),
        None => return Ok(None),
    };
    let key = Key::CronInstruction(team, id);
    match rows.get(&key)? {
        Some(Row::Instruction(told)) => {
            let watch = watch(rows, Watched::Cron(id))?;
            Ok(Some(Found { cron, told, watch }))
        }
        Some(_) | None => Err(unexpected(&key)),
    }
}

/// What is known of the silence of a cron or a source.
pub(crate) fn watch(rows: &RowView, of: Watched) -> Result<Option<Watch>, RowError> {
    match rows.get(&Key::Watch(of))? {
        Some(Row::Watch(it)) => Ok(Some(it)),
        Some(_) => Err(unexpected(&Key::Watch(of))),
        None => Ok(None),
    }
}

/// The team's crons whose queues the token reaches, by number.
pub(crate) fn list(
    rows: &RowView,
    team: TeamId,
    token: &Token,
    ask: &Ask<CronId>,
) -> Result<Page<v1::Cron>, RowError> {
    let from = ask
        .after
        .map_or(CronId(0), |it| CronId(it.0.saturating_add(1)));
    ask.page(crons(rows, team, from), |cron| {
        let shown = token.reaches(cron.terms.tag.as_ref());
        if !shown {
            return Ok(None);
        }
        let watch = watch(rows, Watched::Cron(cron.id))?;
        let next = cron_times::of_cron(&cron, 1);
        Ok(Some(to_wire::cron(&cron, None, &next, watch.as_ref())))
    })
}
