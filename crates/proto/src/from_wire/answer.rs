//! What sessions say about a delivery.

use ackord_core::command::{Ack, Checkpoint, Claim, Completion, Emit, Extension, Fence, Nack};
use ackord_core::id::EventId;
use ackord_core::time::Millis;

use super::effect::completion;
use super::field::{id, required, text, text_or_none};
use super::message::to_tags;
use super::submit::submit;
use super::{FieldError, FieldFault};
use crate::v1;
use crate::v1::emit::Emit as Form;

/// Names a delivery.
///
/// # Errors
/// It is not there, or names no event.
pub fn fence(wire: Option<v1::Fence>) -> Result<Fence, FieldError> {
    let wire = required(wire, "fence")?;
    let event = id(&wire.event_id, "fence.event_id")?;
    Ok(Fence {
        event,
        delivery: wire.delivery,
    })
}

/// "The work is done." What goes out with it was read before, part by part: see [`emit`].
///
/// # Errors
/// A field breaks a rule.
pub fn ack(wire: v1::Ack, emits: Vec<Emit>) -> Result<Ack, FieldError> {
    Ok(Ack {
        fence: fence(wire.fence)?,
        summary: text_or_none(wire.summary, "summary")?,
        effects: completions(wire.effects)?,
        emits,
    })
}

fn completions(wire: Vec<v1::EffectCompletion>) -> Result<Vec<Completion>, FieldError> {
    let wire = wire.into_iter().enumerate();
    wire.map(|(at, it)| completion(it).map_err(|it| it.within(&format!("effects[{at}]"))))
        .collect()
}

/// One part of an ack.
#[derive(Debug, Clone)]
pub enum EmitAsked {
    /// It says it all.
    Whole(Emit),
    /// A change of a cron: its ticks are computed by whoever proposes it, who knows the cron.
    Cron(Box<CronAsked>),
}

/// A change of a cron, as somebody asks for it.
#[derive(Debug, Clone)]
pub enum CronAsked {
    /// Makes one.
    Create(v1::CreateCronRequest),
    /// Changes one.
    Update(v1::UpdateCronRequest),
    /// Removes one.
    Delete(v1::DeleteCronRequest),
    /// Pauses one.
    Pause(v1::PauseCronRequest),
    /// Resumes one.
    Resume(v1::ResumeCronRequest),
    /// Fires one.
    Fire(v1::FireCronRequest),
}

/// One part of an ack. Ids are drawn as they are needed.
///
/// # Errors
/// A field breaks a rule.
pub fn emit(wire: v1::Emit, mut draw: impl FnMut() -> EventId) -> Result<EmitAsked, FieldError> {
    let asked = match required(wire.emit, "emit")? {
        Form::Submit(it) => {
            let submit = submit(it, draw()).map_err(|it| it.within("submit"))?;
            return Ok(EmitAsked::Whole(Emit::Submit(Box::new(submit))));
        }
        Form::Message(it) => {
            let message = to_tags(it, None, draw).map_err(|it| it.within("message"))?;
            return Ok(EmitAsked::Whole(Emit::Message(Box::new(message))));
        }
        Form::CreateCron(it) => CronAsked::Create(it),
        Form::UpdateCron(it) => CronAsked::Update(it),
        Form::DeleteCron(it) => CronAsked::Delete(it),
        Form::PauseCron(it) => CronAsked::Pause(it),
        Form::ResumeCron(it) => CronAsked::Resume(it),
        Form::FireCron(it) => CronAsked::Fire(it),
    };
    Ok(EmitAsked::Cron(Box::new(asked)))
}

/// "This is how far the work is."
///
/// # Errors
/// A field breaks a rule.
pub fn checkpoint(wire: v1::Checkpoint) -> Result<Checkpoint, FieldError> {
    Ok(Checkpoint {
        fence: fence(wire.fence)?,
        note: text(wire.note, "note")?,
    })
}

/// "The work is not done."
///
/// # Errors
/// A field breaks a rule.
pub fn nack(wire: v1::Nack) -> Result<Nack, FieldError> {
    if wire.reject && wire.delay_ms.is_some() {
        return Err(FieldError::new(
            "delay_ms",
            FieldFault::Rule("left out with reject"),
        ));
    }
    Ok(Nack {
        fence: fence(wire.fence)?,
        reject: wire.reject,
        delay: wire.delay_ms.map(Millis),
        reason: text_or_none(wire.reason, "reason")?,
        note: text_or_none(wire.note, "note")?,
    })
}

/// "The model has seen this event."
///
/// # Errors
/// A field breaks a rule.
pub fn claim(wire: v1::Claim) -> Result<Claim, FieldError> {
    Ok(Claim {
        fence: fence(wire.fence)?,
    })
}

/// "The work goes on."
///
/// # Errors
/// A field breaks a rule.
pub fn extension(wire: v1::Extension) -> Result<Extension, FieldError> {
    Ok(Extension {
        fence: fence(wire.fence)?,
        note: text_or_none(wire.note, "note")?,
    })
}
