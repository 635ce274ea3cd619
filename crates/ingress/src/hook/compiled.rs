//! Sources, ready to judge: made once for each revision, kept while they are there.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_core::id::SourceId;
use ackord_core::limits::BODY_BYTES_MAX;
use ackord_core::model::Source;
use ackord_core::text::Tag;
use ackord_core::time::Millis;
use ackord_machine::Directory;
use ackord_proto::v1::SourceDefinition;
use ackord_proto::v1::verification::Rule;
use ackord_proto::{FieldError, from_wire};
use ackord_seal::{Keyring, OpenError, Place, Secret};
use ipnet::IpNet;
use prost::Message;

use super::rate::Rate;

/// How long a sender waits for its answer, unless the source says otherwise.
const DEADLINE: Duration = Duration::from_secs(5);
/// The same, for providers that wait less.
const DEADLINES: [(&str, Duration); 1] = [("slack", Duration::from_secs(3))];

/// A source, ready to judge.
pub(crate) struct Compiled {
    revision: u64,
    pub(crate) judge: ackord_verify::Source,
    /// Who may send; none: anybody.
    networks: Vec<IpNet>,
    /// Bytes of the largest body.
    pub(crate) body_max: usize,
    pub(crate) rate: Option<Rate>,
    pub(crate) deadline: Duration,
    /// The source's own queue.
    pub(crate) tag: Option<Tag>,
    pub(crate) lease: Option<Millis>,
    pub(crate) attempts: Option<u32>,
}

/// Why a source cannot judge on this node.
#[derive(Debug, thiserror::Error)]
pub enum NotJudged {
    /// It was stored by a program that knew more, or by one that knew less.
    #[error("its definition: {0}")]
    Definition(#[from] FieldError),
    /// It is no message.
    #[error("its definition cannot be read")]
    Encoding(#[from] prost::DecodeError),
    /// It names a network that is none.
    #[error("its networks")]
    Network(#[from] ipnet::AddrParseError),
    /// A secret does not open here.
    #[error(transparent)]
    Secret(#[from] OpenError),
    /// Nothing opens here.
    #[error("this node has no sealing key, so it opens no secrets")]
    NoKeyring,
    /// What it has kept cannot be read by its present rules.
    #[error("{0}")]
    Content(&'static str),
}

/// All sources that were asked for.
#[derive(Default)]
pub(crate) struct Cache(Mutex<BTreeMap<SourceId, Arc<Compiled>>>);

impl Cache {
    /// The source, ready to judge; made if it is not, or was of another revision.
    pub(crate) fn of(
        &self,
        source: &Source,
        directory: &Directory,
        keyring: Option<&Keyring>,
    ) -> Result<Arc<Compiled>, NotJudged> {
        let known = self.all().get(&source.id).cloned();
        if let Some(known) = known.filter(|it| it.revision == source.revision) {
            return Ok(known);
        }
        let compiled = Arc::new(Compiled::of(source, keyring)?);
        let mut all = self.all();
        all.retain(|id, _| directory.source(*id).is_some());
        all.insert(source.id, Arc::clone(&compiled));
        Ok(compiled)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<SourceId, Arc<Compiled>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Compiled {
    fn of(source: &Source, keyring: Option<&Keyring>) -> Result<Self, NotJudged> {
        let definition = SourceDefinition::decode(source.definition.clone())?;
        Self::new(source, &definition, keyring)
    }

    /// A source under a definition that may be another than its own.
    pub(crate) fn new(
        source: &Source,
        definition: &SourceDefinition,
        keyring: Option<&Keyring>,
    ) -> Result<Self, NotJudged> {
        let opened = opened(source, keyring)?;
        let secrets = source.secrets.iter().zip(&opened);
        let secrets: Vec<_> = secrets
            .map(|(sealed, opened)| ackord_verify::Secret {
                value: opened.expose(),
                expires_at_ms: sealed.sealed.expires.map(|it| it.0),
            })
            .collect();
        let defaults = definition.defaults.clone().unwrap_or_default();
        let judge = ackord_verify::Source::compile(definition, &secrets)?;
        let networks = definition.networks.iter().map(|it| it.parse());
        Ok(Self {
            revision: source.revision,
            judge,
            networks: networks.collect::<Result<_, _>>()?,
            body_max: match definition.body_bytes_max {
                0 => BODY_BYTES_MAX,
                stated => usize::try_from(stated).unwrap_or(BODY_BYTES_MAX),
            },
            rate: Rate::of(definition.rate.as_ref()),
            deadline: deadline(definition),
            tag: from_wire::tag(defaults.tag)?,
            lease: Some(Millis(defaults.lease_ms)).filter(|it| it.0 > 0),
            attempts: Some(defaults.attempts).filter(|it| *it > 0),
        })
    }

    /// Whether a request may come from there.
    pub(crate) fn listens_to(&self, address: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || address.is_some_and(|it| self.networks.iter().any(|net| net.contains(&it)))
    }
}

/// All secrets of a source, in their order.
fn opened(source: &Source, keyring: Option<&Keyring>) -> Result<Vec<Secret>, NotJudged> {
    let open = |it: &ackord_core::model::Secret| {
        let place = Place {
            team: source.team,
            slug: &source.slug,
            name: &it.sealed.name,
        };
        let keyring = keyring.ok_or(NotJudged::NoKeyring)?;
        Ok(keyring.open(place, &it.sealed)?)
    };
    source.secrets.iter().map(open).collect()
}

fn deadline(definition: &SourceDefinition) -> Duration {
    if definition.deadline_ms > 0 {
        return Duration::from_millis(definition.deadline_ms);
    }
    let rule = definition
        .verification
        .as_ref()
        .and_then(|it| it.rule.as_ref());
    let preset = match rule {
        Some(Rule::Preset(name)) => name.as_str(),
        Some(Rule::Scheme(_)) | None => "",
    };
    let of_preset = DEADLINES.iter().find(|(name, _)| *name == preset);
    of_preset.map_or(DEADLINE, |it| it.1)
}
