//! Requests that are signed with a keyed hash.

use ackord_proto::FieldError;
use ackord_proto::v1::{self, HashAlgorithm, KeyEncoding, PartKind, signed_part, signed_time};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::encoding::Encoding;
use crate::fault::{constant, count, header, missing, rule};
use crate::instant::{Tolerance, Unit};
use crate::key::{Key, Secret, decode};
use crate::refused::Refused;
use crate::request::{Found, Request};
use crate::signature::{Shape, Signatures};
use crate::verifier::Proof;

/// A keyed hash of what was sent.
pub(crate) struct HmacScheme {
    algorithm: Algorithm,
    encoding: Encoding,
    keys: Vec<Key>,
    forms: Vec<Form>,
    tolerance: Tolerance,
    /// What the provider was given, where it signs that.
    url: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Where signatures are, and what they sign.
struct Form {
    signature: Shape,
    time: Option<Time>,
    parts: Vec<Part>,
}

struct Time {
    /// Not set: in the header of the signature.
    header: Option<String>,
    unit: Unit,
}

enum Part {
    Literal(String),
    Header(String),
    Body,
    Time,
    Url,
    Method,
}

impl HmacScheme {
    pub(crate) fn compile(
        field: &str,
        scheme: &v1::HmacScheme,
        secrets: &[Secret<'_>],
        tolerance: Tolerance,
        url: Option<String>,
    ) -> Result<Self, FieldError> {
        let algorithm = Algorithm::of(scheme.algorithm)
            .ok_or_else(|| constant(format!("{field}.algorithm"), scheme.algorithm))?;
        let encoding = Encoding::of(scheme.encoding)
            .ok_or_else(|| constant(format!("{field}.encoding"), scheme.encoding))?;
        let key_encoding = KeyEncoding::try_from(scheme.key_encoding)
            .ok()
            .filter(|it| *it != KeyEncoding::Unspecified)
            .ok_or_else(|| constant(format!("{field}.key_encoding"), scheme.key_encoding))?;
        let forms_field = format!("{field}.forms");
        count(&forms_field, &scheme.forms, 1..=4, "1 to 4 forms")?;
        let forms = scheme.forms.iter().enumerate();
        let forms: Vec<Form> = forms
            .map(|(at, form)| Form::compile(&format!("{forms_field}[{at}]"), form))
            .collect::<Result<_, _>>()?;
        let signs_url = forms.iter().flat_map(|it| &it.parts);
        if signs_url.clone().any(|it| matches!(it, Part::Url)) && url.is_none() {
            return Err(missing("verification.public_url"));
        }
        Ok(Self {
            algorithm,
            encoding,
            keys: keys(secrets, |it| decode(key_encoding, it))?,
            forms,
            tolerance,
            url,
        })
    }

    /// The headers that verify.
    pub(crate) fn verifying(&self) -> impl Iterator<Item = &str> {
        self.forms.iter().map(|it| it.signature.header.as_str())
    }

    /// Whether every form signs its time.
    pub(crate) fn signs_time(&self) -> bool {
        self.forms.iter().all(|it| it.time.is_some())
    }

    /// Whether a header of a request that `form` verified may be relied on: it is signed there, or
    /// nowhere. Else whoever knows one request could send it in another form, and say what it likes
    /// in the header that the first one signs.
    pub(crate) fn vouches_for(&self, form: usize, name: &str) -> bool {
        let signs = |it: &Form| {
            let signs = |it: &Part| matches!(it, Part::Header(signed) if signed == name);
            it.parts.iter().any(signs)
        };
        !self.forms.iter().any(signs) || self.forms.get(form).is_some_and(signs)
    }

    pub(crate) fn verify(&self, request: &Request<'_>) -> Result<Proof, Refused> {
        let form = self
            .forms
            .iter()
            .position(|it| it.signature.is_in(request.headers));
        let at = form.ok_or(Refused::MissingSignature)?;
        let form = &self.forms[at];
        let signatures = form.signature.read(request.headers, self.encoding)?;
        let time = form.time(request, &signatures)?;
        let signed = form.signed(request, time, self.url.as_deref())?;
        let secret = self.matching(&signed, &signatures.decoded, request.now_ms);
        let secret = secret.ok_or(Refused::BadSignature)?;
        let signed_at_ms = match (time, &form.time) {
            (Some(text), Some(time)) => {
                Some(self.tolerance.check(text, time.unit, request.now_ms)?)
            }
            _ => None,
        };
        Ok(Proof {
            secret: Some(secret),
            signed_at_ms,
            form: at,
        })
    }

    /// The secret that one of the signatures is of. All are tried, whichever it is, and those that have
    /// ended too, which then do not count.
    fn matching(&self, signed: &[&[u8]], signatures: &[Vec<u8>], now_ms: u64) -> Option<usize> {
        let mut found = Choice::from(0);
        let mut which = 0u64;
        for (at, key) in (0u64..).zip(&self.keys) {
            let is_active = Choice::from(u8::from(key.is_active(now_ms)));
            let expected = self.algorithm.sign(&key.bytes, signed);
            for signature in signatures {
                let same = expected.ct_eq(signature) & is_active;
                which.conditional_assign(&at, same & !found);
                found |= same;
            }
        }
        match bool::from(found) {
            true => usize::try_from(which).ok(),
            false => None,
        }
    }
}

/// The keys of all secrets; at least one.
pub(crate) fn keys(
    secrets: &[Secret<'_>],
    of_secret: impl Fn(&[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, &'static str>,
) -> Result<Vec<Key>, FieldError> {
    if secrets.is_empty() {
        return Err(missing("secrets"));
    }
    count("secrets", secrets, 1..=8, "at most 8 secrets")?;
    let key = |(at, secret)| {
        Key::new(secret, &of_secret).map_err(|said| rule(format!("secrets[{at}]"), said))
    };
    secrets.iter().enumerate().map(key).collect()
}

impl Algorithm {
    fn of(code: i32) -> Option<Self> {
        match HashAlgorithm::try_from(code).ok()? {
            HashAlgorithm::Unspecified => None,
            HashAlgorithm::Sha1 => Some(Self::Sha1),
            HashAlgorithm::Sha256 => Some(Self::Sha256),
            HashAlgorithm::Sha384 => Some(Self::Sha384),
            HashAlgorithm::Sha512 => Some(Self::Sha512),
        }
    }

    /// The signature of the parts, one after the other.
    fn sign(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        fn with<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            let mut mac = <M as KeyInit>::new_from_slice(key).expect("an HMAC takes any key");
            parts.iter().for_each(|it| mac.update(it));
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Sha1 => with::<Hmac<Sha1>>(key, parts),
            Self::Sha256 => with::<Hmac<Sha256>>(key, parts),
            Self::Sha384 => with::<Hmac<Sha384>>(key, parts),
            Self::Sha512 => with::<Hmac<Sha512>>(key, parts),
        }
    }
}

impl Form {
    fn compile(field: &str, form: &v1::SignedForm) -> Result<Self, FieldError> {
        let shape_field = format!("{field}.signature");
        let shape = form
            .signature
            .as_ref()
            .ok_or_else(|| missing(&shape_field))?;
        let time = form
            .time
            .as_ref()
            .map(|it| Time::compile(&format!("{field}.time"), it));
        let (time, label) = time.transpose()?.unzip();
        let parts_field = format!("{field}.parts");
        count(&parts_field, &form.parts, 1..=16, "1 to 16 parts")?;
        let parts = form.parts.iter().enumerate();
        let parts: Vec<Part> = parts
            .map(|(at, part)| Part::compile(&format!("{parts_field}[{at}]"), part))
            .collect::<Result<_, _>>()?;
        let has = |wanted: fn(&Part) -> bool| parts.iter().any(wanted);
        if !has(|it| matches!(it, Part::Body)) {
            return Err(rule(
                parts_field,
                "made of the body too: else anything could be sent",
            ));
        }
        if has(|it| matches!(it, Part::Time)) != time.is_some() {
            return Err(rule(
                parts_field,
                "made of the time, if and only if there is one: a time that is not signed proves nothing",
            ));
        }
        Ok(Self {
            signature: Shape::compile(&shape_field, shape, label.flatten())?,
            time,
            parts,
        })
    }

    /// The text of the time, where there is one.
    fn time<'a>(
        &self,
        request: &Request<'a>,
        signatures: &Signatures<'a>,
    ) -> Result<Option<&'a str>, Refused> {
        let Some(Time {
            header: Some(name), ..
        }) = &self.time
        else {
            return Ok(signatures.time);
        };
        let text = str::from_utf8(once(request, name)?);
        text.map(Some).map_err(|_| Refused::MalformedSignature)
    }

    /// What is signed, part by part, without a copy of the body.
    fn signed<'a>(
        &'a self,
        request: &Request<'a>,
        time: Option<&'a str>,
        url: Option<&'a str>,
    ) -> Result<Vec<&'a [u8]>, Refused> {
        let mut signed: Vec<&[u8]> = Vec::with_capacity(self.parts.len() + 2);
        for part in &self.parts {
            match part {
                Part::Literal(text) => signed.push(text.as_bytes()),
                Part::Header(name) => signed.push(once(request, name)?),
                Part::Body => signed.push(request.body),
                Part::Time => signed.push(time.unwrap_or_default().as_bytes()),
                Part::Method => signed.push(request.method.as_bytes()),
                Part::Url => {
                    signed.push(url.unwrap_or_default().as_bytes());
                    if let Some(query) = request.query {
                        signed.extend([b"?", query.as_bytes()]);
                    }
                }
            }
        }
        Ok(signed)
    }
}

/// A header that is signed.
fn once<'a>(request: &Request<'a>, name: &str) -> Result<&'a [u8], Refused> {
    match request.headers.find(name) {
        Found::Missing => Err(Refused::MissingSignature),
        Found::Several => Err(Refused::MalformedSignature),
        Found::Once(value) => Ok(value),
    }
}

impl Time {
    /// The time, and the label that it has in the header of the signature, if it stands there.
    fn compile<'a>(
        field: &str,
        time: &'a v1::SignedTime,
    ) -> Result<(Self, Option<&'a str>), FieldError> {
        let unit =
            Unit::of(time.unit).ok_or_else(|| constant(format!("{field}.unit"), time.unit))?;
        match &time.place {
            None => Err(missing(format!("{field}.place"))),
            Some(signed_time::Place::Header(name)) => {
                let name = header(&format!("{field}.header"), name)?;
                let header = Some(name);
                Ok((Self { header, unit }, None))
            }
            Some(signed_time::Place::Label(label)) if label.is_empty() => {
                Err(missing(format!("{field}.label")))
            }
            Some(signed_time::Place::Label(label)) => {
                let header = None;
                Ok((Self { header, unit }, Some(label)))
            }
        }
    }
}

impl Part {
    fn compile(field: &str, part: &v1::SignedPart) -> Result<Self, FieldError> {
        match &part.part {
            None => Err(missing(field)),
            Some(signed_part::Part::Literal(text)) => match text.len() {
                1..=64 => Ok(Self::Literal(text.clone())),
                _ => Err(rule(field, "1 to 64 bytes")),
            },
            Some(signed_part::Part::Header(name)) => Ok(Self::Header(header(field, name)?)),
            Some(signed_part::Part::Kind(code)) => match PartKind::try_from(*code) {
                Ok(PartKind::Body) => Ok(Self::Body),
                Ok(PartKind::Time) => Ok(Self::Time),
                Ok(PartKind::Url) => Ok(Self::Url),
                Ok(PartKind::Method) => Ok(Self::Method),
                Ok(PartKind::Unspecified) | Err(_) => Err(constant(field, *code)),
            },
        }
    }
}
