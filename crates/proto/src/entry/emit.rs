//! What goes out with an ack.

use ackord_core::command::{CronChange, Emit};

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::Stored;
use crate::stored;
use crate::stored::emit::Emit as Form;

impl Stored for Emit {
    type Form = stored::Emit;

    fn store(&self) -> stored::Emit {
        let emit = match self {
            Self::Submit(it) => Form::Submit(it.store()),
            Self::Message(it) => Form::Message(it.store()),
            Self::Cron(it) => match it {
                CronChange::Create(it) => Form::CreateCron(it.store()),
                CronChange::Update(it) => Form::UpdateCron(it.store()),
                CronChange::Delete(it) => Form::DeleteCron(it.store()),
                CronChange::Pause(it) => Form::PauseCron(it.store()),
                CronChange::Resume(it) => Form::ResumeCron(it.store()),
                CronChange::Fire(it) => Form::FireCron(it.store()),
            },
        };
        stored::Emit { emit: Some(emit) }
    }

    fn load(form: stored::Emit) -> Result<Self, DecodeError> {
        let form = form.emit;
        let change = match form.ok_or_else(|| DecodeError::new("emit", Fault::Missing))? {
            Form::Submit(it) => {
                let it = Stored::load(it).within("submit")?;
                return Ok(Self::Submit(Box::new(it)));
            }
            Form::Message(it) => {
                let it = Stored::load(it).within("message")?;
                return Ok(Self::Message(Box::new(it)));
            }
            Form::CreateCron(it) => {
                let it = Stored::load(it).within("create_cron")?;
                CronChange::Create(Box::new(it))
            }
            Form::UpdateCron(it) => {
                let it = Stored::load(it).within("update_cron")?;
                CronChange::Update(Box::new(it))
            }
            Form::DeleteCron(it) => CronChange::Delete(Stored::load(it).within("delete_cron")?),
            Form::PauseCron(it) => CronChange::Pause(Stored::load(it).within("pause_cron")?),
            Form::ResumeCron(it) => CronChange::Resume(Stored::load(it).within("resume_cron")?),
            Form::FireCron(it) => CronChange::Fire(Stored::load(it).within("fire_cron")?),
        };
        Ok(Self::Cron(change))
    }
}
