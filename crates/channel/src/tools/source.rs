//! Sources: where providers send their webhooks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ackord_client::v1::{self, RequestOutcome};
use ackord_proto::shorthand;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;

use super::args::{Id, Urgency, stated};
use super::silence::SilenceArgs;
use super::{Told, Tools, said, secrets, words};

mod definition;

use definition::Words;

/// Sources that are listed at the most.
const LISTED_MAX: u32 = 200;

/// Where the type of an event stands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventType {
    /// A header
    header: Option<String>,
    /// A path in the body, such as event.type
    body: Option<String>,
    /// A path in the body whose value is added after a dot, such as action
    action: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateArgs {
    /// Its name, and the end of its URL: a-z, 0-9 and -
    slug: String,
    /// Who sends, and so how it is verified: github, stripe, generic (the default: signed as GitHub does, or
    /// by X-Signature or X-Webhook-Signature), none, or any other preset of Ackord, such as slack
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The secret that the provider signs with. Better: secret_file, for what you write here is in your
    /// transcript
    secret: Option<String>,
    /// A file that holds the secret
    secret_file: Option<PathBuf>,
    /// Where the type of an event stands; left out: as the type of source says
    #[serde(rename = "eventType")]
    event_type: Option<EventType>,
    /// What to do with every event: the name of a skill, or a prompt
    skill: Option<String>,
    /// What to do by type of event: types, which may end in *, with the name of a skill or a prompt each
    routes: Option<BTreeMap<String, String>>,
    /// Tag of the sessions that get its events; left out: this session's
    session: Option<String>,
    /// Their precedence
    priority: Option<Urgency>,
    /// Who hears of it if none of its events is acknowledged for long; left out: nobody
    silence: Option<SilenceArgs>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateArgs {
    /// Its slug or its id
    id: String,
    /// enabled; paused: accepts and holds; disabled: refuses
    mode: Option<Mode>,
    /// Replaces all its routes: types, which may end in *, with the name of a skill or a prompt each
    routes: Option<BTreeMap<String, String>>,
    /// Tag of the sessions that get its events
    session: Option<String>,
    /// Their precedence
    priority: Option<Urgency>,
    /// Another secret that counts besides the present ones, for a rotation: a file that holds it
    add_secret_file: Option<PathBuf>,
    /// A secret that counts no more, by its name
    remove_secret: Option<String>,
    /// Who hears of it if none of its events is acknowledged for long
    silence: Option<SilenceArgs>,
}

/// What a source does with requests.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// Accepts, and queues
    Enabled,
    /// Accepts, and holds
    Paused,
    /// Refuses
    Disabled,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestArgs {
    /// Its slug or its id
    id: String,
    /// The body, as it was sent
    body: String,
    /// The headers, as they were sent
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// `source_create`.
pub(super) async fn create(tools: &Tools, args: CreateArgs) -> Told {
    let secrets = secrets::given(args.secret, args.secret_file).await?;
    let is_of_all = |it: &BTreeMap<String, String>| it.contains_key("*");
    if args.routes.as_ref().is_some_and(is_of_all) && stated(args.skill.clone()).is_some() {
        return Err(
            "skill is for the types that no route names, and the routes name *: say one of them. Nothing was done"
                .to_owned(),
        );
    }
    let words = Words {
        event_type: args.event_type,
        skill: stated(args.skill),
        routes: args.routes,
        tag: stated(args.session).or_else(|| tools.about.tag.clone()),
        priority: args.priority,
    };
    let silence = args.silence.map(|it| it.over(tools, None));
    let kind = args.kind.as_deref().unwrap_or("generic");
    let question = v1::CreateSourceRequest {
        slug: args.slug,
        definition: Some(words.over(shorthand::of_kind(kind))),
        secrets,
        mode: v1::SourceMode::Enabled.into(),
        silence: silence.transpose()?,
    };
    let answer = said(tools.client()?.create_source(question).await)?;
    let source = answer.source.unwrap_or_default();
    Ok(format!(
        "Made the source {} ({}). Its webhooks go to {}.",
        source.slug,
        source.id,
        tools.about.url(&source.path)
    ))
}

/// `source_list`.
pub(super) async fn list(tools: &Tools) -> Told {
    let sources = all(tools).await?;
    let lines = sources.iter().map(|it| {
        format!(
            "{} ({}): {}, {} held, {}",
            it.slug,
            it.id,
            words::word(it.mode().as_str_name(), "SOURCE_MODE_"),
            it.held,
            tools.about.url(&it.path)
        )
    });
    Ok(words::list("There are no sources.", lines))
}

/// `source_delete`.
pub(super) async fn delete(tools: &Tools, args: Id) -> Told {
    let slug = slug(tools, &args.id).await?;
    let question = v1::DeleteSourceRequest {
        slug: slug.clone(),
        revision: None,
    };
    said(tools.client()?.delete_source(question).await)?;
    Ok(format!(
        "Removed the source {slug}. What it had accepted stays."
    ))
}

/// `source_update`.
pub(super) async fn update(tools: &Tools, args: UpdateArgs) -> Told {
    let client = tools.client()?;
    let slug = slug(tools, &args.id).await?;
    let words = Words {
        routes: args.routes,
        tag: stated(args.session),
        priority: args.priority,
        ..Words::default()
    };
    let mut question = v1::UpdateSourceRequest {
        slug: slug.clone(),
        add_secrets: secrets::given(None, args.add_secret_file).await?,
        remove_secrets: stated(args.remove_secret).into_iter().collect(),
        ..v1::UpdateSourceRequest::default()
    };
    let mode = args.mode.map(|it| match it {
        Mode::Enabled => v1::SourceMode::Enabled,
        Mode::Paused => v1::SourceMode::Paused,
        Mode::Disabled => v1::SourceMode::Disabled,
    });
    question.set_mode(mode.unwrap_or_default());
    if !words.is_empty() || args.silence.is_some() {
        let asked = v1::GetSourceRequest {
            slug,
            at_least: None,
        };
        let present = said(client.get_source(asked).await)?
            .source
            .unwrap_or_default();
        // Somebody else's change in between is refused.
        question.revision = Some(present.revision);
        let silence = present.watch.and_then(|it| it.silence);
        question.silence = args.silence.map(|it| it.over(tools, silence)).transpose()?;
        if !words.is_empty() {
            question.definition = Some(words.over(present.definition.unwrap_or_default()));
        }
    }
    let source = said(client.update_source(question).await)?
        .source
        .unwrap_or_default();
    let secrets: Vec<_> = source.secrets.iter().map(|it| it.name.as_str()).collect();
    Ok(format!(
        "Changed {}: {}, revision {}, secrets: {}.",
        source.slug,
        words::word(source.mode().as_str_name(), "SOURCE_MODE_"),
        source.revision,
        if secrets.is_empty() {
            "none".to_owned()
        } else {
            secrets.join(", ")
        }
    ))
}

/// `source_test`.
pub(super) async fn test(tools: &Tools, args: TestArgs) -> Told {
    let headers = args
        .headers
        .into_iter()
        .map(|(name, value)| v1::RequestHeader {
            name,
            value: Bytes::from(value),
        });
    let request = v1::SavedRequest {
        headers: headers.collect(),
        body: Bytes::from(args.body),
        ..v1::SavedRequest::default()
    };
    let question = v1::TestSourceRequest {
        slug: slug(tools, &args.id).await?,
        request: Some(request),
        definition: None,
    };
    let answer = said(tools.client()?.test_source(question).await)?;
    let outcome = words::word(answer.outcome().as_str_name(), "REQUEST_OUTCOME_");
    let mut text = format!(
        "Nothing was queued. It would be {outcome}: {}\n",
        answer.message
    );
    if answer.outcome() != RequestOutcome::Refused {
        text += &format!(
            "type: {}\nkey: {}\n",
            words::line(&answer.event_type),
            words::line(&answer.dedup_key)
        );
    }
    for event in &answer.events {
        text += &format!(
            "an event for {}\n",
            if event.tag.is_empty() {
                "the untagged queue"
            } else {
                &event.tag
            }
        );
    }
    Ok(text)
}

/// A source's slug, by that or by its id.
async fn slug(tools: &Tools, id: &str) -> Result<String, String> {
    if !id.starts_with("src_") {
        return Ok(id.to_owned());
    }
    let sources = all(tools).await?;
    let found = sources.into_iter().find(|it| it.id == id);
    found
        .map(|it| it.slug)
        .ok_or_else(|| format!("there is no source {id}: source_list shows what there is"))
}

async fn all(tools: &Tools) -> Result<Vec<v1::Source>, String> {
    let question = v1::ListSourcesRequest {
        page_size: LISTED_MAX,
        ..v1::ListSourcesRequest::default()
    };
    Ok(said(tools.client()?.list_sources(question).await)?.sources)
}
