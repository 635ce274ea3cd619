//! By what a delivery that comes twice is known.

use ackord_proto::FieldError;
use ackord_proto::v1::{self, MissingKey};
use sha2::{Digest, Sha256};

use crate::document::Document;
use crate::encoding::to_hex;
use crate::fault::{constant, rule};
use crate::place::Place;
use crate::pointer::Pointers;
use crate::refused::Refused;
use crate::request::Headers;

/// Longest key, in bytes; the hash of a longer one stands for it.
const KEY_BYTES_MAX: usize = 512;
/// Longest window: 90 days.
const WINDOW_MS_MAX: u64 = 90 * 24 * 60 * 60 * 1000;

/// By what a delivery is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dedup {
    /// Its key: 1 to 512 bytes. None: it is queued whenever it comes.
    pub key: Option<String>,
    /// For so long the same body is the same delivery, whatever its key: in milliseconds, up to 90
    /// days. None: never.
    pub body_window_ms: Option<u64>,
    /// The same body under another type is another delivery.
    pub body_window_by_type: bool,
}

/// How a delivery that comes twice is known.
#[derive(Debug)]
pub(crate) struct DedupRule {
    places: Vec<Place>,
    missing: Missing,
    window_ms: u64,
    by_type: bool,
}

#[derive(Debug, Clone, Copy)]
enum Missing {
    Refuse,
    BodyHash,
    Nothing,
}

impl DedupRule {
    pub(crate) fn compile(
        rules: &v1::DedupRule,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        let missing = match MissingKey::try_from(rules.missing) {
            Ok(MissingKey::Unspecified | MissingKey::Refuse) => Missing::Refuse,
            Ok(MissingKey::BodyHash) => Missing::BodyHash,
            Ok(MissingKey::None) => Missing::Nothing,
            Err(_) => return Err(constant("dedup.missing", rules.missing)),
        };
        if rules.places.is_empty() && matches!(missing, Missing::Refuse) {
            return Err(rule(
                "dedup.places",
                "at least one, or another answer to a missing key: else everything is refused",
            ));
        }
        let window_ms = rules.body_window_ms.unwrap_or(0);
        if window_ms > WINDOW_MS_MAX {
            return Err(rule("dedup.body_window_ms", "at most 90 days"));
        }
        Ok(Self {
            places: Place::compile_all("dedup.places", &rules.places, pointers)?,
            missing,
            window_ms,
            by_type: rules.body_window_by_type.unwrap_or(false),
        })
    }

    /// The key of a delivery. `is_vouched`: whether a header may be relied on.
    pub(crate) fn read(
        &self,
        headers: &Headers<'_>,
        document: &Document,
        body: &[u8],
        is_vouched: impl Fn(&str) -> bool,
    ) -> Result<Dedup, Refused> {
        let places = self.places.iter().filter(|it| match it {
            Place::Header(name) => is_vouched(name),
            Place::Body(_) => true,
        });
        let found = Place::first(places, headers, document);
        let key = match (found, self.missing) {
            (Ok(Some(key)), _) if key.len() <= KEY_BYTES_MAX => Some(key.to_owned()),
            (Ok(Some(key)), _) => Some(hashed(&hash(key.as_bytes()))),
            (Ok(None), Missing::Refuse) => return Err(Refused::MissingDedupKey),
            (Err(why), Missing::Refuse) => return Err(why),
            (_, Missing::BodyHash) => Some(hashed(&hash(body))),
            (_, Missing::Nothing) => None,
        };
        Ok(Dedup {
            key,
            body_window_ms: Some(self.window_ms).filter(|it| *it > 0),
            body_window_by_type: self.by_type,
        })
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hashed(hash: &[u8; 32]) -> String {
    format!("sha256:{}", to_hex(hash))
}
