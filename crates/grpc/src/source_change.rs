//! What somebody wants of a source, as a command: checked as a whole, its secrets sealed here, before
//! anything leaves this node.

use std::net::IpAddr;

use ackord_core::answer::Rejection;
use ackord_core::command::{CreateSource, UpdateSource};
use ackord_core::id::TeamId;
use ackord_core::limits::SECRETS_PER_SOURCE;
use ackord_core::model::{SealedSecret, Source, SourceMode};
use ackord_core::text::{SecretName, Slug};
use ackord_core::time::Timestamp;
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::{FieldError, from_wire, v1};
use ackord_seal::{Keyring, OpenError, Place, Secret};
use bytes::Bytes;
use prost::Message;

use crate::api::Api;
use crate::door::{Door, Unusable};
use crate::refused::Refused;
use crate::source::Sources;

/// Longest deadline of a sender, and shortest, in milliseconds.
const DEADLINE_MS: std::ops::RangeInclusive<u64> = 100..=60_000;
/// Requests a minute, at the most.
const PER_MINUTE_MAX: u32 = 1_000_000;
/// Networks that a source may listen to.
const NETWORKS_MAX: usize = 64;
/// Longest description, in bytes.
const DESCRIPTION_BYTES_MAX: usize = 128;

/// A secret that counts: sealed, and as the scheme sees it.
struct Counting {
    sealed: SealedSecret,
    opened: Secret,
}

impl Api {
    /// What seals on this node.
    pub(crate) fn keyring(&self) -> Result<&Keyring, Refused> {
        self.webhooks.keyring.as_deref().ok_or_else(|| {
            let message = "this node has no sealing key, so it takes and opens no secrets";
            Refused::new(Reason::NoSeal, message)
        })
    }

    pub(crate) fn door(&self) -> Result<&dyn Door, Refused> {
        self.webhooks.door.as_deref().ok_or_else(no_webhooks)
    }
}

/// No webhook can reach this node.
pub(crate) fn no_webhooks() -> Refused {
    Refused::new(Reason::NoWebhooks, "this node takes no webhooks")
}

impl From<OpenError> for Refused {
    fn from(error: OpenError) -> Self {
        Self::new(Reason::NoSeal, error.to_string())
    }
}

impl From<Unusable> for Refused {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Definition(error) => of_definition(error),
            Unusable::Version => other_version(),
            Unusable::Secrets(why) => Self::new(Reason::NoSeal, why),
            Unusable::Content(why) => Self::new(Reason::Invalid, why),
        }
    }
}

impl Sources {
    /// A new source, sealed.
    pub(crate) fn creation(
        &self,
        team: TeamId,
        asked: v1::CreateSourceRequest,
    ) -> Result<CreateSource, Refused> {
        let slug = from_wire::slug(asked.slug)?;
        let mode = from_wire::source_mode(asked.mode)?;
        let silence = from_wire::silence(asked.silence);
        let definition = asked.definition;
        let definition = definition.ok_or_else(|| Refused::invalid("definition", "is required"))?;
        check_count(asked.secrets.len())?;
        let mut secrets = Vec::new();
        for secret in asked.secrets {
            let sealed = self.seal(team, &slug, &secrets, secret)?;
            secrets.push(sealed);
        }
        check(&definition, &secrets)?;
        Ok(CreateSource {
            slug,
            mode: mode.unwrap_or(SourceMode::Enabled),
            definition: encode(&definition),
            secrets: secrets.into_iter().map(|it| it.sealed).collect(),
            silence: silence.map_err(Refused::from)?,
        })
    }

    /// A change of a source. If it touches definition or secrets, all of what will hold is checked
    /// together.
    pub(crate) fn update(
        &self,
        source: &Source,
        asked: v1::UpdateSourceRequest,
    ) -> Result<UpdateSource, Refused> {
        let mode = from_wire::source_mode(asked.mode)?;
        let rotates = !(asked.add_secrets.is_empty() && asked.remove_secrets.is_empty());
        let redefines = asked.definition.is_some();
        let mut update = UpdateSource {
            source: source.id,
            revision: asked.revision,
            mode,
            definition: None,
            secrets: None,
            silence: from_wire::silence_change(asked.silence)?,
        };
        if !rotates && !redefines {
            return Ok(update);
        }
        // What is checked here is what must hold there.
        update.revision = Some(asked.revision.unwrap_or(source.revision));
        let mut secrets = self.kept(source, &asked.remove_secrets)?;
        check_count(secrets.len() + asked.add_secrets.len())?;
        for secret in asked.add_secrets {
            let sealed = self.seal(source.team, &source.slug, &secrets, secret)?;
            secrets.push(sealed);
        }
        let definition = match asked.definition {
            Some(definition) => definition,
            None => v1::SourceDefinition::decode(source.definition.clone())
                .map_err(|_| other_version())?,
        };
        check(&definition, &secrets)?;
        update.definition = redefines.then(|| encode(&definition));
        update.secrets = rotates.then(|| secrets.into_iter().map(|it| it.sealed).collect());
        Ok(update)
    }

    /// The secrets of a source but for those that go.
    fn kept(&self, source: &Source, remove: &[String]) -> Result<Vec<Counting>, Refused> {
        let known = |name: &String| {
            let mut names = source.secrets.iter().map(|it| &it.sealed.name);
            names.any(|it| it.as_str() == name)
        };
        if let Some(at) = remove.iter().position(|it| !known(it)) {
            let field = format!("remove_secrets[{at}]");
            return Err(Refused::invalid(&field, "is no secret of this source"));
        }
        let sealed = source.secrets.iter().map(|it| &it.sealed);
        let kept = sealed.filter(|it| !remove.iter().any(|name| it.name.as_str() == name));
        let open = |it: &SealedSecret| {
            Ok(Counting {
                opened: self.0.keyring()?.open(place(source, it), it)?,
                sealed: it.clone(),
            })
        };
        kept.map(open).collect()
    }

    /// Seals a secret. One without a name gets the first that is free.
    fn seal(
        &self,
        team: TeamId,
        slug: &Slug,
        others: &[Counting],
        secret: v1::NewSecret,
    ) -> Result<Counting, Refused> {
        from_wire::secret_value(&secret.value)?;
        let taken = |name: &SecretName| others.iter().any(|it| it.sealed.name == *name);
        let name = match from_wire::secret_name(secret.name)? {
            Some(name) if taken(&name) => {
                return Err(Refused::invalid("secrets.name", "is in use"));
            }
            Some(name) => name,
            None => (1..)
                .filter_map(|it: u32| SecretName::new(format!("s{it}")).ok())
                .find(|it| !taken(it))
                .expect("there are more names than secrets"),
        };
        let place = Place {
            team,
            slug,
            name: &name,
        };
        let expires = (secret.expires_at_ms > 0).then_some(Timestamp(secret.expires_at_ms));
        let keyring = self.0.keyring()?;
        let sealed = keyring.seal(place, &secret.value, expires);
        let opened = keyring.open(place, &sealed)?;
        Ok(Counting { sealed, opened })
    }

    /// All secrets of a source under the present key, and how many were not.
    pub(crate) fn resealed(&self, source: &Source) -> Result<(Vec<SealedSecret>, u32), Refused> {
        let keyring = self.0.keyring()?;
        let mut resealed = 0;
        let mut secrets = Vec::new();
        for secret in &source.secrets {
            let again = keyring.reseal(place(source, &secret.sealed), &secret.sealed)?;
            resealed += u32::from(again.is_some());
            secrets.push(again.unwrap_or_else(|| secret.sealed.clone()));
        }
        Ok((secrets, resealed))
    }
}

/// Refuses more secrets than a source may have, in the machine's words: before any of them is sealed.
fn check_count(secrets: usize) -> Result<(), Refused> {
    match secrets {
        0..=SECRETS_PER_SOURCE => Ok(()),
        _ => Err(Rejection::Limit("secrets of a source").into()),
    }
}

/// Where a secret of a source belongs.
fn place<'a>(source: &'a Source, sealed: &'a SealedSecret) -> Place<'a> {
    Place {
        team: source.team,
        slug: &source.slug,
        name: &sealed.name,
    }
}

fn encode(definition: &v1::SourceDefinition) -> Bytes {
    definition.encode_to_vec().into()
}

/// Whether a definition makes a source that can verify and route, with these secrets.
fn check(definition: &v1::SourceDefinition, secrets: &[Counting]) -> Result<(), Refused> {
    let known = |it: &Counting| it.sealed.expires.map(|it| it.0);
    let given: Vec<_> = secrets
        .iter()
        .map(|it| ackord_verify::Secret {
            value: it.opened.expose(),
            expires_at_ms: known(it),
        })
        .collect();
    ackord_verify::Source::compile(definition, &given).map_err(of_definition)?;
    check_bounds(definition).map_err(|it| it.within("definition"))
}

/// A definition breaks a rule, by itself or with the secrets that are there.
fn of_definition(error: FieldError) -> Refused {
    let about_secrets = error.field.starts_with("secrets");
    let refused = Refused::from(error);
    match about_secrets {
        true => refused,
        false => refused.within("definition"),
    }
}

fn other_version() -> Refused {
    Refused::invalid("definition", "is of another version: state it anew")
}

/// What verification and routing do not look at.
pub(crate) fn check_bounds(definition: &v1::SourceDefinition) -> Result<(), Refused> {
    let v1::SourceDefinition {
        networks,
        rate,
        deadline_ms,
        description,
        ..
    } = definition;
    if networks.len() > NETWORKS_MAX {
        return Err(Refused::invalid("networks", "has at most 64"));
    }
    if let Some(at) = networks.iter().position(|it| !is_network(it)) {
        let rule = "must be a network such as 192.0.2.0/24 or 2001:db8::/32";
        return Err(Refused::invalid(&format!("networks[{at}]"), rule));
    }
    if let Some(rate) = rate
        && (!(1..=PER_MINUTE_MAX).contains(&rate.per_minute) || rate.burst > rate.per_minute)
    {
        let rule = "must be 1 to 1,000,000 a minute, and a burst of no more";
        return Err(Refused::invalid("rate", rule));
    }
    if *deadline_ms != 0 && !DEADLINE_MS.contains(deadline_ms) {
        return Err(Refused::invalid("deadline_ms", "must be 100 ms to 60 s"));
    }
    if description.len() > DESCRIPTION_BYTES_MAX || description.contains(char::is_control) {
        let rule = "must be at most 128 bytes without control characters";
        return Err(Refused::invalid("description", rule));
    }
    Ok(())
}

fn is_network(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    let digits = !bits.is_empty() && bits.bytes().all(|it| it.is_ascii_digit());
    digits && bits.parse::<u8>().is_ok_and(|it| it <= most)
}
