//! Presets: what providers do, as rows of data.
//!
//! A row is a scheme and rules that have a name; each could be written out in the messages of
//! `ackord.v1`, and [`Preset::scheme`] and its siblings do that. Facts are of the providers' own pages,
//! which each row names; `tests/presets` holds a signed request for each.

mod apps;
mod forges;
mod generic;
mod pages;
mod row;
mod shops;
mod standard;
mod unsupported;

use ackord_proto::v1;

pub use unsupported::Unsupported;

pub(crate) use row::{EventType, Form, Handshake, Key, Missing, Place, Scheme, Sign, Time};

/// What a provider does.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Its name, as in a source's definition.
    pub name: &'static str,
    /// Whose requests these are.
    pub provider: &'static str,
    /// Where that is said.
    pub page: &'static str,
    /// What people enter as its secret, in words. Empty: it has none.
    pub secret: &'static str,
    pub(crate) scheme: Scheme,
    /// How far a signed time may be from now, in seconds. Zero: there is none.
    pub(crate) tolerance_s: u64,
    /// Where the body has its time, if that is not signed apart from it.
    pub(crate) body_time: Option<(&'static str, v1::TimeUnit)>,
    /// The field of a form that holds the JSON. Empty: it sends no forms.
    pub form_field: &'static str,
    pub(crate) event_type: EventType,
    pub(crate) dedup: &'static [Place],
    pub(crate) missing: Missing,
    /// For so many hours the same body is the same event.
    pub(crate) body_window_h: u64,
    /// But not under another type: it tells of one thing under several, each with the whole of it.
    pub(crate) body_window_by_type: bool,
    pub(crate) sender: &'static [Place],
    /// The headers that are stored with each event, in lower case.
    pub headers: &'static [&'static str],
    pub(crate) handshakes: &'static [Handshake],
}

/// For so many hours a body is known whose key the provider does not sign: as long as keys are kept
/// at the least.
pub(crate) const WEEK: u64 = 7 * 24;

impl Preset {
    /// A row of which the scheme is said, and the rest is what most providers do.
    pub(crate) const fn new(
        name: &'static str,
        provider: &'static str,
        page: &'static str,
        scheme: Scheme,
    ) -> Self {
        Self {
            name,
            provider,
            page,
            secret: "the secret",
            scheme,
            tolerance_s: 0,
            body_time: None,
            form_field: "",
            event_type: EventType::of(&[Place::Pointer("/type")]),
            dedup: &[],
            missing: Missing::Refuse,
            body_window_h: 0,
            body_window_by_type: false,
            sender: &[],
            headers: &[],
            handshakes: &[],
        }
    }

    /// How its requests are verified.
    #[must_use]
    pub fn scheme(&self) -> v1::Scheme {
        self.scheme.written_out()
    }

    /// Whether it asks for a secret.
    #[must_use]
    pub fn needs_secret(&self) -> bool {
        !matches!(self.scheme, Scheme::None)
    }

    /// Whether the provider signs the URL that it was given.
    #[must_use]
    pub fn signs_url(&self) -> bool {
        let signs = |it: &Form| it.parts.iter().any(|it| matches!(it, Sign::Url));
        matches!(self.scheme, Scheme::Hmac { forms, .. } if forms.iter().any(signs))
    }

    /// How far a signed time may be from now, in milliseconds; none, if no time is signed.
    #[must_use]
    pub fn tolerance_ms(&self) -> Option<u64> {
        (self.tolerance_s > 0).then_some(self.tolerance_s * 1000)
    }

    /// How old a request may be; none, if no time is signed.
    #[must_use]
    pub fn freshness(&self) -> Option<v1::Freshness> {
        let (pointer, unit) = self.body_time.unwrap_or_default();
        self.tolerance_ms().map(|tolerance_ms| v1::Freshness {
            tolerance_ms,
            pointer: pointer.to_owned(),
            unit: unit.into(),
        })
    }

    /// What events are called.
    #[must_use]
    pub fn event_type(&self) -> v1::EventTypeRule {
        self.event_type.written_out()
    }

    /// By what deliveries are known.
    #[must_use]
    pub fn dedup(&self) -> v1::DedupRule {
        v1::DedupRule {
            places: row::places(self.dedup),
            missing: self.missing.written_out().into(),
            body_window_ms: Some(self.body_window_h * 3_600_000),
            body_window_by_type: Some(self.body_window_by_type),
        }
    }

    /// Who causes events: everybody may.
    #[must_use]
    pub fn sender(&self) -> v1::SenderRule {
        v1::SenderRule {
            places: row::places(self.sender),
            allow: Vec::new(),
        }
    }

    /// Requests by which the provider tries the URL.
    #[must_use]
    pub fn handshakes(&self) -> Vec<v1::Handshake> {
        self.handshakes.iter().map(Handshake::written_out).collect()
    }
}

/// All presets, those of one kind together.
pub fn presets() -> impl Iterator<Item = &'static Preset> {
    let all = [
        standard::ROWS,
        forges::ROWS,
        apps::ROWS,
        shops::ROWS,
        pages::ROWS,
        generic::ROWS,
    ];
    all.into_iter().flatten()
}

/// The preset of that name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().find(|it| it.name == name)
}

/// Providers whose requests no scheme can express yet.
#[must_use]
pub fn unsupported() -> &'static [Unsupported] {
    unsupported::ROWS
}
