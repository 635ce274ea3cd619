//! Whether a request is its provider's.

use std::hint::black_box;

use ackord_proto::FieldError;
use ackord_proto::v1::{Verification, scheme::Kind, verification::Rule};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::fault::{missing, rule};
use crate::hmac_scheme::HmacScheme;
use crate::instant::Tolerance;
use crate::key::Secret;
use crate::preset::{Preset, preset, unsupported};
use crate::refused::Refused;
use crate::request::{Found, Headers, Request};
use crate::token::TokenScheme;

/// Longest tolerance: 7 days.
const TOLERANCE_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1000;
/// Tolerance, where nobody says otherwise.
const TOLERANCE_MS: u64 = 300_000;

/// Knows a provider's requests.
pub struct Verifier(Scheme);

enum Scheme {
    Hmac(HmacScheme),
    Token(TokenScheme),
    Everybody,
    /// Stands for a source that does not exist.
    Nobody,
}

/// What was found out about a request that is the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Index of the secret that it was known by; none, where none is asked for.
    pub secret: Option<usize>,
    /// When it was signed, in milliseconds since the Unix epoch, where that is signed.
    pub signed_at_ms: Option<u64>,
    /// Index of the form that the signature had.
    pub(crate) form: usize,
}

impl Verifier {
    /// Compiles how requests are verified.
    ///
    /// # Errors
    /// The field that breaks a rule, and the rule. Secrets are `secrets[0]` and so on.
    pub fn compile(
        verification: &Verification,
        secrets: &[Secret<'_>],
    ) -> Result<Self, FieldError> {
        let preset = match &verification.rule {
            Some(Rule::Preset(name)) => Some(named(name)?),
            Some(Rule::Scheme(_)) | None => None,
        };
        let scheme = match (&verification.rule, preset) {
            (_, Some(preset)) => preset.scheme(),
            (Some(Rule::Scheme(scheme)), None) => scheme.clone(),
            _ => return Err(missing("verification.rule")),
        };
        let tolerance = tolerance(verification, preset.and_then(|it| it.tolerance_ms()))?;
        let url = public_url(&verification.public_url)?;
        let field = "verification.scheme";
        let kind = scheme
            .kind
            .ok_or_else(|| missing(format!("{field}.kind")))?;
        let scheme = match kind {
            Kind::Hmac(it) => {
                let field = format!("{field}.hmac");
                Scheme::Hmac(HmacScheme::compile(&field, &it, secrets, tolerance, url)?)
            }
            Kind::Token(it) => {
                let field = format!("{field}.token");
                Scheme::Token(TokenScheme::token(&field, &it, secrets)?)
            }
            Kind::Basic(_) => Scheme::Token(TokenScheme::basic(secrets)?),
            Kind::None(_) if secrets.is_empty() => Scheme::Everybody,
            Kind::None(_) => return Err(rule("secrets", "left out: nothing is verified")),
        };
        Ok(Self(scheme))
    }

    /// A verifier that refuses everything, and takes as long for it as one of a source whose
    /// secret the sender does not know: for sources that do not exist.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self(Scheme::Nobody)
    }

    /// Judges a request by its bytes alone.
    ///
    /// Whoever is refused waits for a hash of the body, whatever was wrong: the time tells no more
    /// than the answer.
    ///
    /// # Errors
    /// Why it is not known to be the provider's.
    pub fn verify(&self, request: &Request<'_>) -> Result<Proof, Refused> {
        let judged = match &self.0 {
            Scheme::Hmac(it) => it.verify(request),
            Scheme::Token(it) => it.verify(request),
            Scheme::Everybody => Ok(Proof {
                secret: None,
                signed_at_ms: None,
                form: 0,
            }),
            Scheme::Nobody => Err(Refused::MissingSignature),
        };
        if let Err(Refused::MissingSignature | Refused::MalformedSignature | Refused::BadToken) =
            judged
        {
            hash_in_vain(request.body);
        }
        judged
    }

    /// The headers that verify, which are never stored.
    pub(crate) fn verifying(&self) -> Vec<&str> {
        match &self.0 {
            Scheme::Hmac(it) => it.verifying().collect(),
            Scheme::Token(it) => vec![it.header.as_str()],
            Scheme::Everybody | Scheme::Nobody => Vec::new(),
        }
    }

    /// A request brings a signature, or what stands for one, right or wrong.
    pub(crate) fn is_claimed(&self, headers: &Headers<'_>) -> bool {
        let mut verifying = self.verifying().into_iter();
        verifying.any(|it| !matches!(headers.find(it), Found::Missing))
    }

    /// Whether the time of each request is signed apart from its body.
    pub(crate) fn signs_time(&self) -> bool {
        matches!(&self.0, Scheme::Hmac(it) if it.signs_time())
    }

    /// Whether a header may be relied on, of a request that is the provider's.
    pub(crate) fn vouches_for(&self, proof: &Proof, name: &str) -> bool {
        match &self.0 {
            Scheme::Hmac(it) => it.vouches_for(proof.form, name),
            Scheme::Token(_) | Scheme::Everybody | Scheme::Nobody => true,
        }
    }
}

/// Takes the time that a signature takes.
fn hash_in_vain(body: &[u8]) {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[0; 32]).expect("it takes any key");
    mac.update(body);
    black_box(mac.finalize());
}

/// The preset of that name.
pub(crate) fn named(name: &str) -> Result<&'static Preset, FieldError> {
    let known = unsupported().iter().find(|it| it.name == name);
    let said = known.map_or("the name of a preset: docs/presets.md has all", |it| {
        it.rule
    });
    preset(name).ok_or_else(|| rule("verification.preset", said))
}

pub(crate) fn tolerance(
    verification: &Verification,
    of_preset: Option<u64>,
) -> Result<Tolerance, FieldError> {
    let stated = verification
        .freshness
        .as_ref()
        .map_or(0, |it| it.tolerance_ms);
    match stated {
        0 => Ok(Tolerance {
            ms: of_preset.unwrap_or(TOLERANCE_MS),
        }),
        1..=TOLERANCE_MS_MAX => Ok(Tolerance { ms: stated }),
        _ => Err(rule(
            "verification.freshness.tolerance_ms",
            "at most 7 days",
        )),
    }
}

fn public_url(url: &str) -> Result<Option<String>, FieldError> {
    if url.is_empty() {
        return Ok(None);
    }
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_url = rest.is_some_and(|it| {
        !it.is_empty()
            && it
                .bytes()
                .all(|it| it.is_ascii_graphic() && it != b'?' && it != b'#')
    });
    match is_url && url.len() <= 2048 {
        true => Ok(Some(url.to_owned())),
        false => Err(rule(
            "verification.public_url",
            "an http or https URL of at most 2,048 bytes, without a query",
        )),
    }
}
