//! What holds of crons, whoever changes them and how.

use alloc::sync::Arc;

use crate::answer::Rejection;
use crate::arrival::check_terms;
use crate::auth::{Need, Over};
use crate::batch::Batch;
use crate::command::Command;
use crate::id::{CronId, TeamId};
use crate::limits::{CATCH_UP_MAX, CRONS_PER_TEAM, HORIZON, TICK_MAX};
use crate::model::{CatchUp, Cron, CronTerms, Role, Silence};
use crate::text::{Label, Tag};
use crate::time::{Millis, Timestamp};

/// Who may concern himself with a cron whose events go to this queue.
pub(super) const fn manage(tag: Option<&Tag>) -> Need<'_> {
    Need {
        roles: &[Role::Manage],
        over: Over::Queue(tag),
    }
}

pub(super) fn check_revision(cron: &Cron, seen: Option<u64>) -> Result<(), Rejection> {
    match seen {
        Some(revision) if revision != cron.revision => Err(Rejection::Revision {
            present: cron.revision,
        }),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn check(terms: &CronTerms) -> Result<(), Rejection> {
    if terms.label.as_str().parse::<CronId>().is_ok() {
        return Err(Rejection::Invalid(
            "label: not of the form of an id: a cron is named by either",
        ));
    }
    check_terms(
        terms.class,
        terms.ordering_key.as_ref(),
        terms.attempts,
        terms.lease,
    )?;
    if terms
        .ttl
        .is_some_and(|it| !(Millis(1)..=HORIZON).contains(&it))
    {
        return Err(Rejection::Invalid("ttl: 1 millisecond to 366 days"));
    }
    if let CatchUp::All { max_age } = terms.catch_up
        && max_age > CATCH_UP_MAX
    {
        return Err(Rejection::Invalid("max_age: at most 366 days"));
    }
    if let (Some(starts), Some(ends)) = (terms.starts, terms.ends)
        && ends <= starts
    {
        return Err(Rejection::Invalid("ends: after it starts"));
    }
    Ok(())
}

/// Whether this may be the tick after the last one that was decided.
pub(super) fn check_next(
    terms: &CronTerms,
    decided: Option<Timestamp>,
    next: Option<Timestamp>,
) -> Result<(), Rejection> {
    let Some(next) = next else {
        return Ok(());
    };
    let within = terms.starts.is_none_or(|it| it <= next)
        && terms.ends.is_none_or(|it| next < it)
        && next <= TICK_MAX;
    if !within {
        return Err(Rejection::Invalid(
            "next: not before it starts, and before it ends",
        ));
    }
    match decided.is_some_and(|it| next <= it) {
        true => Err(Rejection::OtherTick),
        false => Ok(()),
    }
}

impl Batch<'_> {
    /// A cron of this team.
    pub(super) fn cron_in(&self, team: TeamId, id: CronId) -> Result<Arc<Cron>, Rejection> {
        let cron = self.state.crons.get(&id).filter(|it| it.team == team);
        cron.cloned().ok_or(Rejection::NotFound)
    }

    /// A cron of the caller's team, if the caller may manage it. Another team's is as unknown as
    /// one that never was.
    pub(super) fn cron_to_manage(
        &self,
        command: &Command,
        id: CronId,
    ) -> Result<Arc<Cron>, Rejection> {
        let some_queue = Need {
            roles: &[Role::Manage],
            over: Over::SomeQueue,
        };
        let team = self.allow(command, some_queue)?;
        let cron = self.cron_in(team, id)?;
        self.allow(command, manage(cron.terms.tag.as_ref()))?;
        Ok(cron)
    }

    /// Whether the team may have so many crons more.
    pub(crate) fn check_room_for_crons(
        &mut self,
        team: TeamId,
        more: usize,
    ) -> Result<(), Rejection> {
        match self.state.usage(team).crons + more > CRONS_PER_TEAM {
            true => Err(Rejection::Limit("crons of a team")),
            false => Ok(()),
        }
    }

    /// Whether the caller may have this silence told of there.
    pub(super) fn may_hear(
        &self,
        command: &Command,
        silence: Option<&Silence>,
    ) -> Result<(), Rejection> {
        let Some(silence) = silence else {
            return Ok(());
        };
        silence.check()?;
        self.allow(command, manage(Some(&silence.tag))).map(|_| ())
    }

    /// The queue that the silence is told to is there from now on, so that it is known now whether the
    /// team may have it: the last check of a command.
    pub(super) fn prepare_alarm(
        &mut self,
        team: TeamId,
        silence: Option<&Silence>,
    ) -> Result<(), Rejection> {
        let Some(silence) = silence else {
            return Ok(());
        };
        self.ensure_queue(team, Some(&silence.tag)).map(|_| ())
    }

    pub(super) fn check_label(
        &self,
        team: TeamId,
        label: &Label,
        own: Option<CronId>,
    ) -> Result<(), Rejection> {
        let holder = self.state.cron_labels.get(&(team, label.clone())).copied();
        match holder.is_some() && holder != own {
            true => Err(Rejection::Exists),
            false => Ok(()),
        }
    }
}
