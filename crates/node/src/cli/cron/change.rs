//! `ackord cron create` and `update`.

use ackord_client::{Client, v1};
use clap::Args;

use super::words::{Told, Words};
use crate::cli::failure::Failure;

/// A cron that is to be.
#[derive(Debug, Clone, Args)]
pub(crate) struct Create {
    /// Its name for people, unique in the team
    label: String,
    /// When it fires, in quotes
    schedule: String,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    words: Words,
    /// Has no ticks until it is resumed
    #[arg(long)]
    paused: bool,
}

impl Create {
    pub(super) async fn run(self, client: &Client) -> Result<v1::Cron, Failure> {
        if self.told.is_empty() {
            return Err(Failure::usage("nothing says what the agent is to do")
                .next("say --prompt TEXT, --prompt-file FILE, or --skill NAME"));
        }
        let mut terms = v1::CronTerms {
            label: self.label,
            schedule: self.schedule,
            ..v1::CronTerms::default()
        };
        self.words.over(&mut terms);
        let question = v1::CreateCronRequest {
            terms: Some(terms),
            instruction: self.told.read()?,
            paused: self.paused,
        };
        let answer = client.create_cron(question).await?;
        Ok(super::whole(client, answer.cron).await)
    }
}

/// What changes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Update {
    /// Its label, or its id
    cron: String,
    /// Its new name for people
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// When it fires, in quotes
    #[arg(long, value_name = "SCHEDULE")]
    schedule: Option<String>,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    words: Words,
    /// Only if it still has this revision
    #[arg(long, value_name = "NUMBER")]
    revision: Option<u64>,
}

impl Update {
    pub(super) async fn run(self, client: &Client) -> Result<v1::Cron, Failure> {
        let named = self.label.is_some() || self.schedule.is_some();
        if !named && self.told.is_empty() && self.words.is_empty() {
            return Err(Failure::usage("nothing to change is named")
                .next("say what changes: `ackord cron update --help` lists what can"));
        }
        let present = super::get(client, self.cron).await?;
        let mut terms = present.terms.unwrap_or_default();
        terms.label = self.label.unwrap_or(terms.label);
        terms.schedule = self.schedule.unwrap_or(terms.schedule);
        self.words.over(&mut terms);
        let question = v1::UpdateCronRequest {
            cron: present.id,
            // Somebody else's change in between is refused.
            revision: Some(self.revision.unwrap_or(present.revision)),
            terms: Some(terms),
            instruction: self.told.read()?,
        };
        let answer = client.update_cron(question).await?;
        Ok(super::whole(client, answer.cron).await)
    }
}
