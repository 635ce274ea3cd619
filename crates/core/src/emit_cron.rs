//! Changes of crons that go out with an ack. Each is judged as the command by itself is, by the same
//! token, and does the same.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::answer::Rejection;
use crate::batch::{Batch, Outcome};
use crate::command::{
    Command, CreateCron, DeleteCron, FireCron, PauseCron, ResumeCron, UpdateCron,
};
use crate::id::{CronId, TeamId};
use crate::limits::CRONS_PER_ACK;
use crate::model::Cron;
use crate::planted::{Bug, is_planted};
use crate::publish::Published;
use crate::text::{Label, Tag};
use crate::time::Timestamp;

/// A change of a cron that goes out with an ack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CronChange {
    /// Makes one.
    Create(Box<CreateCron>),
    /// Changes one.
    Update(Box<UpdateCron>),
    /// Removes one.
    Delete(DeleteCron),
    /// Lets one have no ticks for a while.
    Pause(PauseCron),
    /// Lets one have ticks again.
    Resume(ResumeCron),
    /// Fires one.
    Fire(FireCron),
}

/// A change that is known to be right, with the cron as it is before.
pub(crate) enum CronPlan<'e> {
    Create(TeamId, &'e CreateCron),
    Update(Arc<Cron>, &'e UpdateCron, Option<Timestamp>),
    Delete(Arc<Cron>),
    Pause(Arc<Cron>),
    Resume(Arc<Cron>, &'e ResumeCron),
    Fire(Arc<Cron>, &'e FireCron),
}

impl CronChange {
    /// What it does, or why it does not. Nothing is changed.
    pub(crate) fn plan(&self, batch: &Batch<'_>, command: &Command) -> Outcome<CronPlan<'_>> {
        Ok(match self {
            Self::Create(it) => CronPlan::Create(it.judge(batch, command)?, it),
            Self::Update(it) => {
                let (cron, next) = it.judge(batch, command)?;
                CronPlan::Update(cron, it, next)
            }
            Self::Delete(it) => CronPlan::Delete(it.judge(batch, command)?),
            Self::Pause(it) => CronPlan::Pause(it.judge(batch, command)?),
            Self::Resume(it) => CronPlan::Resume(it.judge(batch, command)?, it),
            Self::Fire(it) => CronPlan::Fire(it.judge(batch, command)?, it),
        })
    }
}

impl CronPlan<'_> {
    /// The cron that is there before.
    fn cron(&self) -> Option<&Cron> {
        match self {
            Self::Create(..) => None,
            Self::Update(it, ..)
            | Self::Delete(it)
            | Self::Pause(it)
            | Self::Resume(it, _)
            | Self::Fire(it, _) => Some(it),
        }
    }

    /// The label that it gives a cron.
    fn label(&self) -> Option<&Label> {
        match self {
            Self::Create(_, it) => Some(&it.terms.label),
            Self::Update(_, it, _) => Some(&it.terms.label),
            Self::Delete(_) | Self::Pause(_) | Self::Resume(..) | Self::Fire(..) => None,
        }
    }

    /// The queue that it needs, by its tag.
    fn needs(&self) -> Option<Option<&Tag>> {
        let silence = match self {
            Self::Create(_, it) => it.silence.as_ref(),
            Self::Update(_, it, _) => it.silence.as_ref(),
            Self::Fire(cron, _) => return Some(cron.terms.tag.as_ref()),
            Self::Delete(_) | Self::Pause(_) | Self::Resume(..) => None,
        };
        silence.map(|it| Some(&it.tag))
    }

    /// Does it. Answers which cron it was, and what it fired; whoever asks dispatches that.
    pub(crate) fn carry_out(self, batch: &mut Batch<'_>) -> Outcome<(CronId, Option<Published>)> {
        let cron = match self {
            Self::Create(team, it) => it.carry_out(batch, team)?,
            Self::Update(cron, it, next) => {
                if !is_planted(Bug::EmittedCronLost) {
                    it.carry_out(batch, &cron, next)?;
                }
                cron.id
            }
            Self::Delete(cron) => {
                DeleteCron::carry_out(batch, &cron);
                cron.id
            }
            Self::Pause(cron) => {
                PauseCron::carry_out(batch, &cron);
                cron.id
            }
            Self::Resume(cron, it) => {
                it.carry_out(batch, &cron);
                cron.id
            }
            Self::Fire(cron, it) => return Ok((cron.id, Some(it.carry_out(batch, &cron)?))),
        };
        Ok((cron, None))
    }
}

/// What the changes of crons that go out with one ack come to together.
#[derive(Default)]
pub(crate) struct CronsOfAck {
    changes: usize,
    created: usize,
    crons: BTreeSet<CronId>,
    labels: BTreeSet<Label>,
    queues: Vec<Option<Tag>>,
}

impl CronsOfAck {
    /// One more, unless it is one too many, or in the way of another.
    pub(crate) fn add(
        &mut self,
        batch: &mut Batch<'_>,
        team: TeamId,
        plan: &CronPlan<'_>,
    ) -> Result<(), Rejection> {
        self.changes += 1;
        if self.changes > CRONS_PER_ACK {
            return Err(Rejection::Invalid(
                "at most 8 changes of crons go out with one ack",
            ));
        }
        match plan.cron() {
            None => {
                self.created += 1;
                batch.check_room_for_crons(team, self.created)?;
            }
            Some(cron) if self.crons.insert(cron.id) => {}
            Some(_) => {
                return Err(Rejection::Invalid(
                    "cron: each one once: what goes out with one ack is judged by what was before it",
                ));
            }
        }
        if let Some(label) = plan.label()
            && !self.labels.insert(label.clone())
        {
            return Err(Rejection::Exists);
        }
        self.queues.extend(plan.needs().map(|it| it.cloned()));
        Ok(())
    }

    /// The queues that they need, by their tags.
    pub(crate) fn tags(&self) -> impl Iterator<Item = Option<&Tag>> {
        self.queues.iter().map(Option::as_ref)
    }
}
