//! A provider: signs as a scheme says. Written apart from what verifies, in another shape.

use ackord_proto::v1::scheme::Kind;
use ackord_proto::v1::signed_part::Part;
use ackord_proto::v1::signed_time::Place;
use ackord_proto::v1::{self, HashAlgorithm, KeyEncoding, PartKind, SignatureEncoding, TimeUnit};
use ackord_verify::{Headers, Preset, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};

/// What the provider was given, where it signs that.
pub(crate) const URL: &str = "https://hooks.example.com/webhooks/team/source";

/// A request that was signed.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The header of the signature, or of the token.
    pub(crate) verifying: String,
    /// Headers that are signed.
    pub(crate) signed: Vec<String>,
    pub(crate) signs_time: bool,
}

/// A secret that a preset takes.
pub(crate) fn secret_of(preset: &Preset) -> String {
    match preset.scheme().kind {
        Some(Kind::Basic(_)) => "user:a-password".to_owned(),
        Some(Kind::None(_)) => String::new(),
        _ if preset.secret.contains("whsec_") => format!("whsec_{}", STANDARD.encode([7; 32])),
        _ => "a-secret-of-a-provider".to_owned(),
    }
}

/// Signs a body in the way of a form of a preset, at an instant. None: it has no such form.
pub(crate) fn sign(
    preset: &Preset,
    form: usize,
    secret: &str,
    body: &[u8],
    at_ms: u64,
) -> Option<Signed> {
    match preset.scheme().kind.expect("a preset has a scheme") {
        Kind::Hmac(it) => it
            .forms
            .get(form)
            .map(|form| by_hmac(&it, form, secret, body, at_ms)),
        Kind::Token(it) if form == 0 => {
            Some(unsigned(&it.header, format!("{}{secret}", it.prefix), body))
        }
        Kind::Basic(_) if form == 0 => Some(unsigned(
            "authorization",
            format!("Basic {}", STANDARD.encode(secret)),
            body,
        )),
        Kind::Token(_) | Kind::Basic(_) | Kind::None(_) => None,
    }
}

fn unsigned(header: &str, value: String, body: &[u8]) -> Signed {
    Signed {
        headers: vec![(header.to_owned(), value)],
        body: body.to_vec(),
        verifying: header.to_owned(),
        signed: Vec::new(),
        signs_time: false,
    }
}

fn by_hmac(
    scheme: &v1::HmacScheme,
    form: &v1::SignedForm,
    secret: &str,
    body: &[u8],
    at_ms: u64,
) -> Signed {
    let shape = form.signature.as_ref().expect("a form has a signature");
    let mut signed = Signed {
        headers: Vec::new(),
        body: body.to_vec(),
        verifying: shape.name.clone(),
        signed: Vec::new(),
        signs_time: form.time.is_some(),
    };
    let time = form
        .time
        .as_ref()
        .map(|it| written(it.unit(), at_ms))
        .unwrap_or_default();
    let mut value = String::new();
    match form.time.as_ref().and_then(|it| it.place.as_ref()) {
        Some(Place::Header(name)) => signed.add(name, &time),
        Some(Place::Label(label)) => {
            value = format!("{label}{}{time}{}", shape.label_separator, shape.separator);
        }
        None => {}
    }
    let mut message = Vec::new();
    for part in &form.parts {
        match part.part.as_ref().expect("a part is something") {
            Part::Literal(it) => message.extend(it.as_bytes()),
            Part::Header(name) => {
                signed.add(name, "msg_1");
                message.extend(b"msg_1");
            }
            Part::Kind(it) => match PartKind::try_from(*it).expect("a part of that kind") {
                PartKind::Body => message.extend(body),
                PartKind::Time => message.extend(time.as_bytes()),
                PartKind::Url => message.extend(URL.as_bytes()),
                PartKind::Method => message.extend(b"POST"),
                PartKind::Unspecified => panic!("a part of no kind"),
            },
        }
    }
    let signature = encoded(scheme.encoding(), &mac(scheme, secret, &message));
    value += &format!("{}{}{signature}", shape.label, shape.label_separator);
    signed.headers.push((shape.name.clone(), value));
    signed
}

fn mac(scheme: &v1::HmacScheme, secret: &str, message: &[u8]) -> Vec<u8> {
    let key = match scheme.key_encoding() {
        KeyEncoding::Text => secret.as_bytes().to_vec(),
        KeyEncoding::StandardWebhooks => STANDARD
            .decode(secret.trim_start_matches("whsec_"))
            .expect("base64"),
        other => panic!("no preset has keys in {other:?}"),
    };
    macro_rules! with {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(&key).expect("any key will do");
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match scheme.algorithm() {
        HashAlgorithm::Sha1 => with!(sha1::Sha1),
        HashAlgorithm::Sha256 => with!(sha2::Sha256),
        other => panic!("no preset signs with {other:?}"),
    }
}

fn encoded(encoding: SignatureEncoding, bytes: &[u8]) -> String {
    match encoding {
        SignatureEncoding::Base64 => STANDARD.encode(bytes),
        _ => bytes.iter().map(|it| format!("{it:02x}")).collect(),
    }
}

fn written(unit: TimeUnit, at_ms: u64) -> String {
    match unit {
        TimeUnit::Seconds => (at_ms / 1000).to_string(),
        TimeUnit::Milliseconds => at_ms.to_string(),
        TimeUnit::Rfc3339 => {
            let at_ms = i64::try_from(at_ms).expect("an instant of our time");
            jiff::Timestamp::from_millisecond(at_ms)
                .expect("the same")
                .to_string()
        }
        TimeUnit::Unspecified => panic!("a time of no unit"),
    }
}

impl Signed {
    fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
        self.signed.push(name.to_owned());
    }

    pub(crate) fn value(&mut self, name: &str) -> &mut String {
        let header = self.headers.iter_mut().find(|it| it.0 == name);
        &mut header.expect("it has this header").1
    }

    pub(crate) fn headers(&self) -> Headers<'_> {
        let headers = self.headers.iter();
        headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect()
    }

    pub(crate) fn request<'a>(&'a self, headers: &'a Headers<'a>, now_ms: u64) -> Request<'a> {
        Request {
            method: "POST",
            query: None,
            headers,
            body: &self.body,
            now_ms,
        }
    }
}
