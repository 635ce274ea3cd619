use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, DONE, Outcome};
use crate::command::Command;
use crate::id::{SourceId, TeamId};
use crate::limits::{
    DEFINITION_BYTES_MAX, DEFINITION_BYTES_PER_TEAM, PAIRING_MAX, SEALED_BYTES_MAX,
    SECRETS_PER_SOURCE, SOURCES_PER_TEAM,
};
use crate::model::{Role, SealedSecret, Secret, Silence, Source, SourceMode, Watched};
use crate::text::Slug;
use crate::time::{Millis, Timestamp};

/// Makes a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSource {
    /// Its name in its team.
    pub slug: Slug,
    /// What it does with requests.
    pub mode: SourceMode,
    /// How it verifies and routes.
    pub definition: Bytes,
    /// Its secrets.
    pub secrets: Vec<SealedSecret>,
    /// Which silence is told of.
    pub silence: Option<Silence>,
}

/// Changes a source; what is none stays. Secrets that are sealed again are such a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateSource {
    /// Which.
    pub source: SourceId,
    /// The revision that the change was made from; none: whatever it is. Needed for secrets, which
    /// are replaced as a whole.
    pub revision: Option<u64>,
    /// What it does with requests.
    pub mode: Option<SourceMode>,
    /// How it verifies and routes.
    pub definition: Option<Bytes>,
    /// All of its secrets.
    pub secrets: Option<Vec<SealedSecret>>,
    /// Which silence is told of; inner none: of none any more.
    pub silence: Option<Option<Silence>>,
}

/// Removes a source. What it has accepted stays, and what it holds is released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteSource {
    /// Which.
    pub source: SourceId,
    /// The revision that was seen; none: whatever it is.
    pub revision: Option<u64>,
}

/// Lets a source answer handshakes for a while, or no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPairing {
    /// Which.
    pub source: SourceId,
    /// For so long; zero: no more.
    pub span: Millis,
}

const MANAGE: Need<'_> = Need {
    roles: &[Role::Manage],
    over: Over::Team,
};

impl CreateSource {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let team = batch.allow(command, MANAGE)?;
        check_definition(&self.definition)?;
        check_secrets(&self.secrets)?;
        let name = (team, self.slug.clone());
        if batch.state.source_slugs.contains_key(&name) {
            return Err(Rejection::Exists.into());
        }
        if batch.state.usage(team).sources >= SOURCES_PER_TEAM {
            return Err(Rejection::Limit("sources of a team").into());
        }
        batch.check_memory(team, 0, self.definition.len())?;
        batch.may_hear(command, self.silence.as_ref())?;
        batch.prepare_alarm(team, self.silence.as_ref())?;

        let id = SourceId(batch.next_id());
        let now = batch.now();
        batch.add_source(Source {
            id,
            team,
            slug: self.slug.clone(),
            revision: 1,
            mode: self.mode,
            definition: self.definition.clone(),
            secrets: secrets(&self.secrets, &[], now),
            pairing: None,
            created: now,
            changed: now,
        });
        batch.set_silence(team, Watched::Source(id), self.silence.as_ref());
        Ok(Reply::Source(id, 1))
    }
}

impl UpdateSource {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let source = batch.source_to_manage(command, self.source)?;
        check_revision(&source, self.revision)?;
        if let Some(definition) = &self.definition {
            check_definition(definition)?;
            batch.check_memory(source.team, source.definition.len(), definition.len())?;
        }
        if let Some(secrets) = &self.secrets {
            check_secrets(secrets)?;
            if self.revision.is_none() {
                return Err(Rejection::Invalid(
                    "revision: needed to replace secrets, which are replaced as a whole",
                )
                .into());
            }
        }
        let silence = self.silence.as_ref().and_then(Option::as_ref);
        batch.may_hear(command, silence)?;
        batch.prepare_alarm(source.team, silence)?;

        let now = batch.now();
        let revision = batch.change_source(source.id, |it| {
            it.mode = self.mode.unwrap_or(it.mode);
            if let Some(definition) = &self.definition {
                it.definition = definition.clone();
            }
            if let Some(sealed) = &self.secrets {
                it.secrets = secrets(sealed, &it.secrets, now);
            }
            it.revision += 1;
            it.changed = now;
            it.revision
        });
        if let Some(silence) = &self.silence {
            batch.set_silence(source.team, Watched::Source(source.id), silence.as_ref());
        }
        batch.state.settle_release(source.id);
        Ok(Reply::Source(source.id, revision))
    }
}

impl DeleteSource {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let source = batch.source_to_manage(command, self.source)?;
        check_revision(&source, self.revision)?;
        batch.remove_source(source.id);
        batch.set_silence(source.team, Watched::Source(source.id), None);
        batch.state.settle_release(source.id);
        DONE
    }
}

impl OpenPairing {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let source = batch.source_to_manage(command, self.source)?;
        if self.span > PAIRING_MAX {
            return Err(Rejection::Invalid("for_ms: at most 1 hour").into());
        }
        let until = batch.now().after(self.span);
        let open = (self.span > Millis(0)).then_some(until);
        batch.change_source(source.id, |it| it.pairing = open);
        Ok(Reply::Paired(open))
    }
}

fn check_revision(source: &Source, seen: Option<u64>) -> Result<(), Rejection> {
    match seen {
        Some(revision) if revision != source.revision => Err(Rejection::Revision {
            present: source.revision,
        }),
        Some(_) | None => Ok(()),
    }
}

fn check_definition(definition: &[u8]) -> Result<(), Rejection> {
    if definition.len() > DEFINITION_BYTES_MAX {
        return Err(Rejection::Invalid("definition: at most 262,144 bytes"));
    }
    Ok(())
}

fn check_secrets(secrets: &[SealedSecret]) -> Result<(), Rejection> {
    if secrets.len() > SECRETS_PER_SOURCE {
        return Err(Rejection::Limit("secrets of a source"));
    }
    let names: BTreeSet<_> = secrets.iter().map(|it| &it.name).collect();
    if names.len() != secrets.len() {
        return Err(Rejection::Invalid("secrets: each name once"));
    }
    if secrets.iter().any(|it| it.sealed.len() > SEALED_BYTES_MAX) {
        return Err(Rejection::Invalid("secrets: at most 4,096 bytes each"));
    }
    Ok(())
}

/// These secrets, each with the time at which its name came first.
fn secrets(sealed: &[SealedSecret], before: &[Secret], now: Timestamp) -> Vec<Secret> {
    let created = |it: &SealedSecret| {
        let known = before.iter().find(|known| known.sealed.name == it.name);
        known.map_or(now, |it| it.created)
    };
    let secret = |it: &SealedSecret| Secret {
        created: created(it),
        sealed: it.clone(),
    };
    sealed.iter().map(secret).collect()
}

impl Batch<'_> {
    /// A source of the caller's team, if the caller may manage it. Another team's is as unknown as
    /// one that never was.
    pub(crate) fn source_to_manage(
        &self,
        command: &Command,
        id: SourceId,
    ) -> Result<Arc<Source>, Rejection> {
        let team = self.allow(command, MANAGE)?;
        self.source_in(team, id)
    }

    /// A source of this team.
    pub(crate) fn source_in(&self, team: TeamId, id: SourceId) -> Result<Arc<Source>, Rejection> {
        let source = self.state.sources.get(&id).filter(|it| it.team == team);
        source.cloned().ok_or(Rejection::NotFound)
    }

    /// Whether the team's definitions fit memory once one of them has grown.
    fn check_memory(&mut self, team: TeamId, was: usize, will: usize) -> Result<(), Rejection> {
        let bytes = self.state.usage(team).definition_bytes - was + will;
        if bytes > DEFINITION_BYTES_PER_TEAM {
            return Err(Rejection::Limit("bytes of a team's source definitions"));
        }
        Ok(())
    }
}
