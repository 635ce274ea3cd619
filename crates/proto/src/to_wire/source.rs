//! Sources, without their secrets.

use ackord_core::model::{Secret, Source, Watch};
use ackord_core::text::TeamName;

use super::constant::source_mode;
use super::watch::watch;
use crate::text::owned;
use crate::v1;

/// A source of the team with this name, without its definition. It holds so many events, and so much
/// is known of its silence.
#[must_use]
pub fn source(source: &Source, team: &TeamName, held: u64, watched: Option<&Watch>) -> v1::Source {
    v1::Source {
        id: source.id.to_string(),
        slug: owned(&source.slug),
        revision: source.revision,
        mode: source_mode(source.mode).into(),
        definition: None,
        secrets: source.secrets.iter().map(secret).collect(),
        pairing_until_ms: source.pairing.unwrap_or_default().0,
        created_at_ms: source.created.0,
        changed_at_ms: source.changed.0,
        held,
        path: format!("/webhooks/{team}/{}", source.slug),
        watch: watched.map(watch),
    }
}

fn secret(secret: &Secret) -> v1::SourceSecret {
    v1::SourceSecret {
        name: owned(&secret.sealed.name),
        key_id: owned(&secret.sealed.key),
        created_at_ms: secret.created.0,
        expires_at_ms: secret.sealed.expires.unwrap_or_default().0,
    }
}
