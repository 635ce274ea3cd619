//! What goes out with an ack, as a model says it.

use ackord_client::v1::{self, emit::Emit};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Tools;
use super::cron::{self, CreateArgs, UpdateArgs};
use super::session::SendArgs;

/// Changes of crons that go with an ack.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CronsArgs {
    /// Makes these
    #[serde(default)]
    create: Vec<CreateArgs>,
    /// Changes these
    #[serde(default)]
    update: Vec<UpdateArgs>,
    /// Lets these rest, by label or id
    #[serde(default)]
    pause: Vec<String>,
    /// Lets these go on
    #[serde(default)]
    resume: Vec<String>,
    /// Lets these fire now, once
    #[serde(default)]
    fire: Vec<String>,
    /// Removes these
    #[serde(default)]
    delete: Vec<String>,
}

/// The parts of an ack, each with the words that a model knows it by.
#[derive(Debug, Default)]
pub(super) struct Parcel {
    parts: Vec<(String, Emit)>,
}

impl Parcel {
    /// Messages come first.
    pub(super) fn of_messages(messages: Vec<SendArgs>) -> Result<Self, String> {
        let mut parcel = Self::default();
        for (at, it) in messages.into_iter().enumerate() {
            parcel.add(format!("messages[{at}]"), Emit::Message(it.message()?));
        }
        Ok(parcel)
    }

    /// Then come changes of crons, in the order of their kinds.
    pub(super) async fn with_crons(
        mut self,
        tools: &Tools,
        args: CronsArgs,
    ) -> Result<Self, String> {
        for (at, it) in args.create.into_iter().enumerate() {
            let it = cron::creation(tools, it)?;
            self.add(format!("crons.create[{at}]"), Emit::CreateCron(it));
        }
        for (at, it) in args.update.into_iter().enumerate() {
            let it = cron::change(tools, it).await?;
            self.add(format!("crons.update[{at}]"), Emit::UpdateCron(it));
        }
        for (at, cron) in args.pause.into_iter().enumerate() {
            let it = v1::PauseCronRequest { cron };
            self.add(format!("crons.pause[{at}]"), Emit::PauseCron(it));
        }
        for (at, cron) in args.resume.into_iter().enumerate() {
            let it = v1::ResumeCronRequest { cron };
            self.add(format!("crons.resume[{at}]"), Emit::ResumeCron(it));
        }
        for (at, cron) in args.fire.into_iter().enumerate() {
            let it = v1::FireCronRequest {
                cron,
                ..v1::FireCronRequest::default()
            };
            self.add(format!("crons.fire[{at}]"), Emit::FireCron(it));
        }
        for (at, cron) in args.delete.into_iter().enumerate() {
            let it = v1::DeleteCronRequest {
                cron,
                revision: None,
            };
            self.add(format!("crons.delete[{at}]"), Emit::DeleteCron(it));
        }
        Ok(self)
    }

    fn add(&mut self, words: String, emit: Emit) {
        self.parts.push((words, emit));
    }

    /// The parts alone, and what each is called.
    pub(super) fn open(self) -> (Names, Vec<Emit>) {
        let (names, emits) = self.parts.into_iter().unzip();
        (Names(names), emits)
    }
}

/// What a model calls the parts of an ack.
#[derive(Debug)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// A refusal that names a part by its number, in the model's words.
    pub(super) fn tell(&self, refusal: &str) -> String {
        let parts = self.0.iter().enumerate();
        parts.fold(refusal.to_owned(), |told, (at, name)| {
            told.replace(&format!("emits[{at}]"), name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_called_as_the_model_calls_it() {
        let names = Names((0..11).map(|it| format!("messages[{it}]")).collect());
        assert_eq!(names.tell("emits[10]: no"), "messages[10]: no");
        assert_eq!(names.tell("emits[1].tags: no"), "messages[1].tags: no");
    }
}
