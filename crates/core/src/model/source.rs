//! Sources: where providers send their webhooks.

use alloc::vec::Vec;

use bytes::Bytes;

use super::queue::Run;
use crate::id::{SourceId, TeamId};
use crate::text::{KeyId, SecretName, Slug};
use crate::time::Timestamp;

/// What a source does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SourceMode {
    /// Accepts, and queues.
    #[default]
    Enabled,
    /// Accepts, and holds.
    Paused,
    /// Refuses.
    Disabled,
}

/// A secret as whoever sealed it hands it over. The machine cannot open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Its name, unique in its source.
    pub name: SecretName,
    /// The key that it is sealed under.
    pub key: KeyId,
    /// The sealed secret.
    pub sealed: Bytes,
    /// From this instant on it does not count.
    pub expires: Option<Timestamp>,
}

/// A secret of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// All that came.
    pub sealed: SealedSecret,
    /// When a secret of this name came first.
    pub created: Timestamp,
}

/// A source: one (team, slug). What changes with each event is its [`Holding`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id. A source that is made again under the slug of a removed one has another.
    pub id: SourceId,
    /// Its team.
    pub team: TeamId,
    /// Its name in its team.
    pub slug: Slug,
    /// Counts changes of mode, definition and secrets, from 1; a change names the one it was made
    /// from.
    pub revision: u64,
    /// What it does with requests.
    pub mode: SourceMode,
    /// How it verifies and routes, which the edge alone reads.
    pub definition: Bytes,
    /// Its secrets; their names differ.
    pub secrets: Vec<Secret>,
    /// Until when it answers handshakes.
    pub pairing: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// When its revision rose last.
    pub changed: Timestamp,
}

/// The events that a source holds. There is one exactly while there are such events, which may
/// outlive the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The source.
    pub source: SourceId,
    /// Their team.
    pub team: TeamId,
    /// Where they are, by the position that accepted them.
    pub run: Run,
}
