//! `ackord source create` and `update`.

use std::path::PathBuf;
use std::time::Duration;

use ackord_client::{Client, v1};
use clap::Args;

use super::view::SourceView;
use super::{definition, secrets};
use crate::cli::failure::Failure;
use crate::cli::silence;
use crate::cli::values::length;

/// What a source is, as far as flags can say it.
#[derive(Debug, Clone, Args)]
pub(super) struct Words {
    /// What it is: a file of TOML, or of JSON if its name ends so; docs/webhooks.md has its keys
    #[arg(long, value_name = "FILE")]
    definition: Option<PathBuf>,
    /// How it verifies and reads: a preset, such as github, stripe or standard-webhooks
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Where its events go, unless a route says otherwise
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// The URL that the provider is given, where it signs it
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

impl Words {
    fn is_empty(&self) -> bool {
        let flags = [&self.preset, &self.tag, &self.public_url];
        self.definition.is_none() && flags.iter().all(|it| it.is_none())
    }

    /// The definition of the file, or the one that is there, with what the flags say.
    fn over(self, present: v1::SourceDefinition) -> Result<v1::SourceDefinition, Failure> {
        let mut definition = match &self.definition {
            Some(file) => definition::read(file)?,
            None => present,
        };
        if let Some(preset) = self.preset {
            let verification = definition.verification.get_or_insert_default();
            verification.rule = Some(v1::verification::Rule::Preset(preset));
        }
        if let Some(url) = self.public_url {
            definition.verification.get_or_insert_default().public_url = url;
        }
        if let Some(tag) = self.tag {
            definition.defaults.get_or_insert_default().tag = tag;
        }
        Ok(definition)
    }
}

/// A source that is to be.
#[derive(Debug, Clone, Args)]
pub(crate) struct Create {
    /// Its name in the team, and the end of its path: a-z, 0-9 and '-'
    slug: String,
    #[command(flatten)]
    words: Words,
    /// A file that holds a secret, as the provider shows it; NAME=FILE gives it a name
    #[arg(long, value_name = "FILE")]
    secret_file: Vec<String>,
    /// A variable of the environment that holds a secret; NAME=VARIABLE gives it a name
    #[arg(long, value_name = "VARIABLE")]
    secret_env: Vec<String>,
    /// The secrets named here count for so long, such as 24h; not said: until they are removed
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    secret_expires_in: Option<Duration>,
    #[command(flatten)]
    silence: silence::SilenceWords,
    /// Accepts and holds until it is resumed
    #[arg(long)]
    paused: bool,
}

impl Create {
    pub(super) async fn run(self, client: &Client) -> Result<SourceView, Failure> {
        if self.words.is_empty() {
            return Err(Failure::usage("nothing says what the source is")
                .next("say --preset NAME, or --definition FILE"));
        }
        let mode = match self.paused {
            true => v1::SourceMode::Paused,
            false => v1::SourceMode::Enabled,
        };
        let question = v1::CreateSourceRequest {
            slug: self.slug,
            definition: Some(self.words.over(v1::SourceDefinition::default())?),
            secrets: secrets::read(&self.secret_file, &self.secret_env, self.secret_expires_in)?,
            mode: mode.into(),
            silence: self.silence.over(None),
        };
        let answer = client.create_source(question).await?;
        SourceView::of(super::whole(client, answer.source).await)
    }
}

/// What changes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Update {
    /// The source
    slug: String,
    #[command(flatten)]
    words: Words,
    /// A file that holds another secret; NAME=FILE gives it a name
    #[arg(long, value_name = "FILE")]
    add_secret_file: Vec<String>,
    /// A variable of the environment that holds another secret; NAME=VARIABLE gives it a name
    #[arg(long, value_name = "VARIABLE")]
    add_secret_env: Vec<String>,
    /// The secrets named here count for so long, such as 24h; not said: until they are removed
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    secret_expires_in: Option<Duration>,
    /// Removes this secret
    #[arg(long = "remove-secret", value_name = "NAME")]
    remove: Vec<String>,
    #[command(flatten)]
    silence: silence::SilenceWords,
    /// Only if the source still has this revision
    #[arg(long, value_name = "NUMBER")]
    revision: Option<u64>,
}

impl Update {
    pub(super) async fn run(self, client: &Client) -> Result<SourceView, Failure> {
        let add_secrets = secrets::read(
            &self.add_secret_file,
            &self.add_secret_env,
            self.secret_expires_in,
        )?;
        let other = self.words.is_empty() && self.silence.is_empty();
        if other && add_secrets.is_empty() && self.remove.is_empty() {
            return Err(Failure::usage("nothing to change is named").next(
                "say at least one of --definition, --preset, --tag, --public-url, \
                 --add-secret-file, --add-secret-env, --remove-secret, --silence",
            ));
        }
        let mut question = v1::UpdateSourceRequest {
            slug: self.slug.clone(),
            revision: self.revision,
            add_secrets,
            remove_secrets: self.remove,
            ..v1::UpdateSourceRequest::default()
        };
        if !other {
            let asked = v1::GetSourceRequest {
                slug: self.slug,
                at_least: None,
            };
            let present = client.get_source(asked).await?.source.unwrap_or_default();
            // Somebody else's change in between is refused.
            question.revision = Some(self.revision.unwrap_or(present.revision));
            if !self.silence.is_empty() {
                let present = present.watch.and_then(|it| it.silence);
                question.silence = Some(self.silence.over(present).unwrap_or_default());
            }
            if !self.words.is_empty() {
                let definition = self.words.over(present.definition.unwrap_or_default())?;
                question.definition = Some(definition);
            }
        }
        let answer = client.update_source(question).await?;
        SourceView::of(super::whole(client, answer.source).await)
    }
}
