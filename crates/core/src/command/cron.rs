use alloc::sync::Arc;
use alloc::vec;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, DONE, Outcome};
use crate::command::Command;
use crate::command::cron_rules::{check, check_next, check_revision, manage};
use crate::id::{CronId, TeamId};
use crate::model::{
    Cron, CronCounts, CronTerms, Decided, Fate, Instruction, Silence, SkipCause, Watched,
};
use crate::rows::{Key, Row};
use crate::time::Timestamp;

/// Makes a cron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateCron {
    /// What people say of it.
    pub terms: CronTerms,
    /// What an agent is told when it fires.
    pub instruction: Instruction,
    /// Where the steps of an interval begin.
    pub anchor: Timestamp,
    /// Its first tick; none on one that begins paused.
    pub next: Option<Timestamp>,
    /// Which silence is told of.
    pub silence: Option<Silence>,
}

/// Changes a cron. What was fired stays as it is; a tick that is not decided yet is decided by the
/// new terms, or skipped where they have another schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateCron {
    /// Which.
    pub cron: CronId,
    /// The revision that the change was made from; none: whatever it is.
    pub revision: Option<u64>,
    /// All of its terms.
    pub terms: CronTerms,
    /// What an agent is told when it fires; none: as before.
    pub instruction: Option<Instruction>,
    /// Where the steps of an interval begin, if it fires at other instants than before.
    pub anchor: Timestamp,
    /// Its first tick from now on, if it fires at other instants than before, or had no more.
    pub next: Option<Timestamp>,
    /// Which silence is told of; none: of none any more.
    pub silence: Option<Silence>,
}

/// Removes a cron, with the ticks that are not decided. What was fired stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteCron {
    /// Which.
    pub cron: CronId,
    /// The revision that was seen; none: whatever it is.
    pub revision: Option<u64>,
}

/// Lets a cron have no ticks until it is resumed. One that is due and not decided is skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseCron {
    /// Which.
    pub cron: CronId,
}

/// Lets a paused cron have ticks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeCron {
    /// Which.
    pub cron: CronId,
    /// The revision that `next` was computed from.
    pub revision: u64,
    /// Its first tick from now on.
    pub next: Timestamp,
}

impl CreateCron {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let team = self.judge(batch, command)?;
        batch.check_room_for_crons(team, 1)?;
        let id = self.carry_out(batch, team)?;
        Ok(Reply::Cron(id, 1))
    }

    /// The team that has it then, or why nobody does: but for how many it has, and of queues.
    pub(crate) fn judge(&self, batch: &Batch<'_>, command: &Command) -> Result<TeamId, Rejection> {
        let team = batch.allow(command, manage(self.terms.tag.as_ref()))?;
        check(&self.terms)?;
        batch.check_label(team, &self.terms.label, None)?;
        check_next(&self.terms, None, self.next)?;
        batch.may_hear(command, self.silence.as_ref())?;
        Ok(team)
    }

    pub(crate) fn carry_out(&self, batch: &mut Batch<'_>, team: TeamId) -> Outcome<CronId> {
        batch.prepare_alarm(team, self.silence.as_ref())?;
        let id = CronId(batch.next_id());
        let now = batch.now();
        batch.add_cron(Cron {
            id,
            team,
            revision: 1,
            terms: self.terms.clone(),
            anchor: self.anchor,
            paused: self.next.is_none().then_some(now),
            next: self.next,
            last: None,
            live: None,
            others: vec![],
            counts: CronCounts::default(),
            created: now,
            changed: now,
        });
        let key = Key::CronInstruction(team, id);
        batch.put_new(key, Row::Instruction(self.instruction.clone()));
        batch.set_silence(team, Watched::Cron(id), self.silence.as_ref());
        Ok(id)
    }
}

impl UpdateCron {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let (cron, next) = self.judge(batch, command)?;
        let revision = self.carry_out(batch, &cron, next)?;
        Ok(Reply::Cron(cron.id, revision))
    }

    /// The cron as it is, and the first tick that is not decided once it has these terms; or why it
    /// stays as it is, but for how many queues its team has.
    pub(crate) fn judge(
        &self,
        batch: &Batch<'_>,
        command: &Command,
    ) -> Result<(Arc<Cron>, Option<Timestamp>), Rejection> {
        let cron = batch.cron_to_manage(command, self.cron)?;
        batch.allow(command, manage(self.terms.tag.as_ref()))?;
        check_revision(&cron, self.revision)?;
        check(&self.terms)?;
        batch.check_label(cron.team, &self.terms.label, Some(cron.id))?;
        let next = self.next(&cron, batch.now())?;
        batch.may_hear(command, self.silence.as_ref())?;
        Ok((cron, next))
    }

    pub(crate) fn carry_out(
        &self,
        batch: &mut Batch<'_>,
        cron: &Cron,
        next: Option<Timestamp>,
    ) -> Outcome<u64> {
        batch.prepare_alarm(cron.team, self.silence.as_ref())?;
        let now = batch.now();
        if let Some(instruction) = &self.instruction {
            let key = Key::CronInstruction(cron.team, cron.id);
            batch.put(key, Row::Instruction(instruction.clone()));
        }
        let revision = batch.change_cron(cron.id, |it| {
            if next != it.next {
                it.drop_due(now, SkipCause::Edited);
            }
            if !self.terms.fires_as(&it.terms) {
                it.anchor = self.anchor;
            }
            it.terms = self.terms.clone();
            it.next = next;
            it.raise_revision(now)
        });
        batch.set_silence(cron.team, Watched::Cron(cron.id), self.silence.as_ref());
        Ok(revision)
    }

    /// The first tick that is not decided, once the cron has these terms.
    fn next(&self, cron: &Cron, now: Timestamp) -> Result<Option<Timestamp>, Rejection> {
        if cron.paused.is_some() {
            return Ok(None);
        }
        if self.terms.fires_as(&cron.terms)
            && let Some(next) = cron.next
        {
            let ends = self.terms.ends.is_some_and(|it| it <= next);
            return match ends {
                true => Err(Rejection::Invalid("ends: after the tick that comes next")),
                false => Ok(Some(next)),
            };
        }
        if self.next.is_none() && cron.next.is_some() {
            return Err(Rejection::Invalid("schedule: it does not fire any more"));
        }
        // One that is due is skipped, unless it stays: what comes next comes after it.
        let skipped = cron.next.filter(|it| *it <= now && self.next != Some(*it));
        let decided = cron.last.map(|it| it.nominal);
        check_next(&self.terms, decided.max(skipped), self.next)?;
        Ok(self.next)
    }
}

impl DeleteCron {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let cron = self.judge(batch, command)?;
        Self::carry_out(batch, &cron);
        DONE
    }

    pub(crate) fn judge(
        &self,
        batch: &Batch<'_>,
        command: &Command,
    ) -> Result<Arc<Cron>, Rejection> {
        let cron = batch.cron_to_manage(command, self.cron)?;
        check_revision(&cron, self.revision)?;
        Ok(cron)
    }

    pub(crate) fn carry_out(batch: &mut Batch<'_>, cron: &Cron) {
        batch.remove_cron(cron.id);
        batch.delete(Key::CronInstruction(cron.team, cron.id));
        batch.set_silence(cron.team, Watched::Cron(cron.id), None);
    }
}

impl PauseCron {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let cron = self.judge(batch, command)?;
        let revision = Self::carry_out(batch, &cron);
        Ok(Reply::Cron(cron.id, revision))
    }

    pub(crate) fn judge(
        &self,
        batch: &Batch<'_>,
        command: &Command,
    ) -> Result<Arc<Cron>, Rejection> {
        batch.cron_to_manage(command, self.cron)
    }

    pub(crate) fn carry_out(batch: &mut Batch<'_>, cron: &Cron) -> u64 {
        if cron.paused.is_some() {
            return cron.revision;
        }
        let now = batch.now();
        batch.change_cron(cron.id, |it| {
            it.drop_due(now, SkipCause::Paused);
            it.next = None;
            it.paused = Some(now);
            it.raise_revision(now)
        })
    }
}

impl ResumeCron {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let cron = self.judge(batch, command)?;
        let revision = self.carry_out(batch, &cron);
        Ok(Reply::Cron(cron.id, revision))
    }

    pub(crate) fn judge(
        &self,
        batch: &Batch<'_>,
        command: &Command,
    ) -> Result<Arc<Cron>, Rejection> {
        let cron = batch.cron_to_manage(command, self.cron)?;
        if cron.paused.is_some() {
            check_revision(&cron, Some(self.revision))?;
            let decided = cron.last.map(|it| it.nominal);
            check_next(&cron.terms, decided, Some(self.next))?;
        }
        Ok(cron)
    }

    pub(crate) fn carry_out(&self, batch: &mut Batch<'_>, cron: &Cron) -> u64 {
        if cron.paused.is_none() {
            return cron.revision;
        }
        let now = batch.now();
        batch.change_cron(cron.id, |it| {
            it.next = Some(self.next);
            it.paused = None;
            it.raise_revision(now)
        })
    }
}

impl Cron {
    /// A tick that is due, and that nothing will be computed of any more, is skipped.
    fn drop_due(&mut self, now: Timestamp, cause: SkipCause) {
        if let Some(nominal) = self.next.filter(|it| *it <= now) {
            self.counts.skipped = self.counts.skipped.saturating_add(1);
            self.last = Some(Decided {
                nominal,
                at: now,
                fate: Fate::Skipped(cause),
            });
        }
    }

    fn raise_revision(&mut self, now: Timestamp) -> u64 {
        self.revision += 1;
        self.changed = now;
        self.revision
    }
}
