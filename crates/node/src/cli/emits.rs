//! What goes out with an ack: what flags and a file say, and what is shown of it.

use std::path::PathBuf;

use ackord_client::v1::{self, emit::Emit};
use clap::Args;

use super::failure::Failure;
use super::form;
use super::values::{pair, stated};

/// What goes out with the ack, in this order: all of it, or the ack is refused.
#[derive(Debug, Clone, Args)]
pub(super) struct Emits {
    /// A message that goes out with the ack; this and the following may be said several times
    #[arg(long = "message", value_name = "TAG=TEXT", value_parser = pair)]
    messages: Vec<(String, String)>,
    /// A cron that is paused with the ack, by its label or id
    #[arg(long = "pause-cron", value_name = "CRON")]
    paused: Vec<String>,
    /// A cron that is resumed with the ack
    #[arg(long = "resume-cron", value_name = "CRON")]
    resumed: Vec<String>,
    /// A cron that is fired with the ack
    #[arg(long = "fire-cron", value_name = "CRON")]
    fired: Vec<String>,
    /// A cron that is removed with the ack
    #[arg(long = "delete-cron", value_name = "CRON")]
    deleted: Vec<String>,
    /// A file with more, as TOML or JSON: the `emits` of the message Ack
    #[arg(long = "emits", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Emits {
    pub(super) fn read(self) -> Result<Vec<v1::Emit>, Failure> {
        let messages = self.messages.into_iter().map(message);
        let crons = self.paused.into_iter().map(pause);
        let crons = crons.chain(self.resumed.into_iter().map(resume));
        let crons = crons.chain(self.fired.into_iter().map(fire));
        let crons = crons.chain(self.deleted.into_iter().map(delete));
        let said = messages.chain(crons).map(|it| v1::Emit { emit: Some(it) });
        let mut emits: Vec<v1::Emit> = said.collect();
        if let Some(file) = self.file {
            let ack: v1::Ack = form::read(&file, "Ack", "docs/agents.md")?;
            emits.extend(only_emits(ack)?);
        }
        Ok(emits)
    }
}

/// A file says what goes out, and the command line what is acknowledged.
fn only_emits(mut ack: v1::Ack) -> Result<Vec<v1::Emit>, Failure> {
    let emits = std::mem::take(&mut ack.emits);
    match ack == v1::Ack::default() {
        true => Ok(emits),
        false => Err(Failure::usage("the file says more than what goes out")
            .next("leave nothing but `emits` in it: the rest is for the command line")),
    }
}

fn message((tag, text): (String, String)) -> Emit {
    Emit::Message(v1::Message {
        tags: vec![tag],
        text,
        ..v1::Message::default()
    })
}

fn pause(cron: String) -> Emit {
    Emit::PauseCron(v1::PauseCronRequest { cron })
}

fn resume(cron: String) -> Emit {
    Emit::ResumeCron(v1::ResumeCronRequest { cron })
}

fn fire(cron: String) -> Emit {
    Emit::FireCron(v1::FireCronRequest {
        cron,
        ..v1::FireCronRequest::default()
    })
}

fn delete(cron: String) -> Emit {
    Emit::DeleteCron(v1::DeleteCronRequest {
        cron,
        revision: None,
    })
}

/// What each part became: its events, and the cron that it is about.
pub(super) fn ids(parts: Vec<v1::Emitted>) -> Vec<Vec<String>> {
    let part = |it: v1::Emitted| {
        let cron = stated(it.cron_id);
        it.event_ids.into_iter().chain(cron).collect()
    };
    parts.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        [[emits]]
        submit = { tag = "deploy", event_type = "built" }

        [[emits]]
        create_cron.instruction.prompt = "Look at the build."
        create_cron.terms = { label = "look", schedule = "@every 1h", tag = "build" }

        [[emits]]
        delete_cron = { cron = "wait" }
    "#;

    #[test]
    fn a_file_says_what_goes_out() {
        let ack = form::parse(TOML, false, "Ack").expect("well formed");
        let emits = only_emits(ack).unwrap_or_default();
        let kinds: Vec<_> = emits.iter().filter_map(|it| it.emit.as_ref()).collect();
        assert!(
            matches!(
                kinds[..],
                [Emit::Submit(_), Emit::CreateCron(_), Emit::DeleteCron(_)]
            ),
            "{kinds:?}"
        );
    }

    #[test]
    fn a_file_does_not_say_what_is_acknowledged() {
        let ack = form::parse("summary = \"done\"", false, "Ack").expect("well formed");
        assert!(only_emits(ack).is_err());
    }
}
