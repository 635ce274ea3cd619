//! What goes out with an ack. A change of a cron names ticks, which are computed here from the cron as
//! it was decided last; the rest says it all.
//!
//! An ack that counted is known before its parts are looked at again: what it has made, changed or removed
//! would be in the way of itself.

use ackord_core::answer::{Part, Rejection};
use ackord_core::command::{CronChange, DeleteCron, Emit, Fence, PauseCron};
use ackord_core::id::TeamId;
use ackord_core::limits::{COPIES_PER_MESSAGE, CRONS_PER_ACK, EVENTS_PER_ACK};
use ackord_core::model::Role;
use ackord_machine::RowView;
use ackord_proto::from_wire::{CronAsked, EmitAsked};
use ackord_proto::v1::emit::Emit as Form;
use ackord_proto::{from_wire, to_wire, v1};

use crate::api::{Api, LOG};
use crate::auth::Caller;
use crate::event_rows::{self, Tags};
use crate::refused::Refused;
use crate::submit::draw;

/// Whether an ack with these parts may be refused here for what the machine does not look at once it has counted.
pub(crate) fn judged_here(emits: &[v1::Emit]) -> bool {
    emits.iter().any(changes_cron) || check_count(emits).is_err()
}

fn changes_cron(emit: &v1::Emit) -> bool {
    match &emit.emit {
        Some(
            Form::CreateCron(_)
            | Form::UpdateCron(_)
            | Form::DeleteCron(_)
            | Form::PauseCron(_)
            | Form::ResumeCron(_)
            | Form::FireCron(_),
        ) => true,
        Some(Form::Submit(_) | Form::Message(_)) | None => false,
    }
}

/// Events that a part becomes.
fn events(emit: &v1::Emit) -> usize {
    match &emit.emit {
        Some(Form::Submit(_) | Form::FireCron(_)) => 1,
        // Without tags it goes to whoever is answered; with too many, it is refused by itself.
        Some(Form::Message(it)) => it.tags.len().clamp(1, COPIES_PER_MESSAGE),
        Some(
            Form::CreateCron(_)
            | Form::UpdateCron(_)
            | Form::DeleteCron(_)
            | Form::PauseCron(_)
            | Form::ResumeCron(_),
        )
        | None => 0,
    }
}

/// Refuses more than goes out with one ack, in the machine's words: before anything is looked up for it.
fn check_count(emits: &[v1::Emit]) -> Result<(), Rejection> {
    let (mut events_so_far, mut changes) = (0, 0);
    for (index, emit) in emits.iter().enumerate() {
        events_so_far += events(emit);
        changes += usize::from(changes_cron(emit));
        let rule = if events_so_far > EVENTS_PER_ACK {
            "at most 16 events go out with one ack"
        } else if changes > CRONS_PER_ACK {
            "at most 8 changes of crons go out with one ack"
        } else {
            continue;
        };
        let (part, why) = (Part::Emit, Box::new(Rejection::Invalid(rule)));
        return Err(Rejection::Part { part, index, why });
    }
    Ok(())
}

impl Api {
    /// What an ack is to publish, part by part, or the first part that cannot be proposed.
    pub(crate) async fn emits(
        &self,
        caller: &Caller,
        team: TeamId,
        wire: Vec<v1::Emit>,
    ) -> Result<Vec<Emit>, Refused> {
        check_count(&wire)?;
        if wire.iter().any(changes_cron) {
            self.catch_up().await?;
        }
        let mut emits = Vec::with_capacity(wire.len());
        for (at, emit) in wire.into_iter().enumerate() {
            let part = format!("emits[{at}]");
            emits.push(
                match from_wire::emit(emit, draw).map_err(|it| it.within(&part))? {
                    EmitAsked::Whole(emit) => emit,
                    EmitAsked::Cron(asked) => {
                        let change = self.cron_change(caller, team, *asked).await;
                        Emit::Cron(change.map_err(|it| it.of_part(&part))?)
                    }
                },
            );
        }
        Ok(emits)
    }

    async fn cron_change(
        &self,
        caller: &Caller,
        team: TeamId,
        asked: CronAsked,
    ) -> Result<CronChange, Refused> {
        caller.need(&[Role::Manage])?;
        Ok(match asked {
            CronAsked::Create(it) => CronChange::Create(Box::new(self.cron_creation(it)?)),
            CronAsked::Update(mut it) => {
                let name = std::mem::take(&mut it.cron);
                let cron = self.find_cron(caller, team, name).await?.cron;
                CronChange::Update(Box::new(self.cron_update(&cron, it)?))
            }
            CronAsked::Delete(it) => CronChange::Delete(DeleteCron {
                cron: self.find_cron(caller, team, it.cron).await?.cron.id,
                revision: it.revision,
            }),
            CronAsked::Pause(it) => CronChange::Pause(PauseCron {
                cron: self.find_cron(caller, team, it.cron).await?.cron.id,
            }),
            CronAsked::Resume(it) => {
                let cron = self.find_cron(caller, team, it.cron).await?.cron;
                CronChange::Resume(self.cron_resumption(&cron)?)
            }
            CronAsked::Fire(it) => {
                let cron = self.find_cron(caller, team, it.cron).await?.cron.id;
                CronChange::Fire(from_wire::fire_cron(cron, &it.dedup_key, draw())?)
            }
        })
    }

    /// What an ack of this delivery is answered, if one counted.
    pub(crate) async fn recorded(
        &self,
        caller: &Caller,
        team: TeamId,
        fence: Fence,
    ) -> Option<v1::Acked> {
        let read = move |rows: &RowView| {
            let Some(event) = event_rows::event(rows, team, fence.event)? else {
                return Ok(None);
            };
            let tag = Tags::new(rows).of(event.queue)?.cloned();
            Ok(Some((event, tag)))
        };
        let (event, tag) = self.machine.read(read).await?;
        caller.need_tag(tag.as_ref()).ok()?;
        let ack = event.ack_of(fence.delivery)?;
        let position = LOG.position(ack.position);
        Some(to_wire::acked(ack.at, position, true, &ack.emitted))
    }
}
