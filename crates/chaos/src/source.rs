//! Sources, and deliveries to them that are signed as GitHub signs.

use std::time::{Duration, Instant};

use ackord_client::v1::RefusalReason;
use ackord_client::{Client, Error, v1};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::fleet::{Fleet, certain};
use crate::server::LOOK_EVERY;

/// How long a node may take to hear of a source.
const KNOWN_MAX: Duration = Duration::from_secs(30);

/// A source to be made.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Its name.
    pub slug: &'a str,
    /// Its preset.
    pub preset: &'a str,
    /// What it shares with its provider.
    pub secret: &'a str,
    /// Where its events go.
    pub tag: &'a str,
    /// How long a sender waits for its answer before 503. Zero: the usual time.
    pub deadline_ms: u64,
}

/// Makes a source, and waits until all nodes know it. Returns its path.
///
/// # Errors
/// The cluster does not make it, or a node does not hear of it.
pub async fn make(fleet: &Fleet, token: &str, plan: Plan<'_>) -> Result<String, Error> {
    let definition = v1::SourceDefinition {
        verification: Some(v1::Verification {
            rule: Some(v1::verification::Rule::Preset(plan.preset.to_owned())),
            ..v1::Verification::default()
        }),
        defaults: Some(v1::SourceDefaults {
            tag: plan.tag.to_owned(),
            ..v1::SourceDefaults::default()
        }),
        deadline_ms: plan.deadline_ms,
        ..v1::SourceDefinition::default()
    };
    let create = v1::CreateSourceRequest {
        slug: plan.slug.to_owned(),
        definition: Some(definition),
        secrets: vec![v1::NewSecret {
            value: plan.secret.as_bytes().to_vec().into(),
            ..v1::NewSecret::default()
        }],
        ..v1::CreateSourceRequest::default()
    };
    let client = fleet.client(token);
    let made = certain(async || client.create_source(create.clone()).await).await;
    // Where the answer of an earlier call was lost, it is there.
    if let Err(error) = made
        && error.reason() != Some(RefusalReason::Exists)
    {
        return Err(error);
    }
    let mut path = String::new();
    for at in fleet.all() {
        let client = fleet.client_of(&[at], token, KNOWN_MAX);
        path = known(&client, plan.slug).await?.path;
    }
    Ok(path)
}

/// A source, once the client's node has heard of it.
async fn known(client: &Client, slug: &str) -> Result<v1::Source, Error> {
    let begun = Instant::now();
    loop {
        let question = v1::GetSourceRequest {
            slug: slug.to_owned(),
            at_least: None,
        };
        match client.get_source(question).await {
            Err(it)
                if it.reason() == Some(RefusalReason::NotFound) && begun.elapsed() < KNOWN_MAX =>
            {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            told => return told.map(|it| it.source.unwrap_or_default()),
        }
    }
}

/// The headers of a delivery by GitHub.
#[must_use]
pub fn github(secret: &str, event: &str, delivery: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key does");
    mac.update(body.as_bytes());
    let signature = mac.finalize().into_bytes();
    let signature: String = signature.iter().map(|it| format!("{it:02x}")).collect();
    format!(
        "Content-Type: application/json\r\nX-GitHub-Event: {event}\r\n\
         X-GitHub-Delivery: {delivery}\r\nX-Hub-Signature-256: sha256={signature}\r\n"
    )
}
