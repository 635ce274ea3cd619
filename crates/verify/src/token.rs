//! Requests that bring the secret itself.

use ackord_proto::FieldError;
use ackord_proto::v1;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::fault::{header, rule};
use crate::hmac_scheme::keys;
use crate::key::{Key, Secret};
use crate::refused::Refused;
use crate::request::{Found, Request};
use crate::verifier::Proof;

/// Longest header that is hashed, in bytes: a secret in base64 is shorter.
const HEADER_BYTES_MAX: usize = 4096;

/// A header that holds the secret.
pub(crate) struct TokenScheme {
    pub(crate) header: String,
    /// What stands before it, in any case.
    prefix: String,
    /// It is in base64, as HTTP has it for users and passwords.
    is_basic: bool,
    /// Hashes of the secrets: hashes are of one length, so that comparing tells nothing of it.
    keys: Vec<Key>,
}

impl TokenScheme {
    pub(crate) fn token(
        field: &str,
        scheme: &v1::TokenScheme,
        secrets: &[Secret<'_>],
    ) -> Result<Self, FieldError> {
        let prefix = &scheme.prefix;
        if prefix.len() > 64 || !prefix.bytes().all(|it| it == b' ' || it.is_ascii_graphic()) {
            return Err(rule(
                format!("{field}.prefix"),
                "at most 64 printable ASCII characters",
            ));
        }
        Ok(Self {
            header: header(&format!("{field}.header"), &scheme.header)?,
            prefix: prefix.clone(),
            is_basic: false,
            keys: keys(secrets, |it| Ok(hash(it)))?,
        })
    }

    pub(crate) fn basic(secrets: &[Secret<'_>]) -> Result<Self, FieldError> {
        let of_secret = |it: &[u8]| match it.iter().position(|it| *it == b':') {
            Some(colon) if 0 < colon && colon + 1 < it.len() => Ok(hash(it)),
            _ => Err("a user and a password with a colon between them"),
        };
        Ok(Self {
            header: "authorization".to_owned(),
            prefix: "Basic ".to_owned(),
            is_basic: true,
            keys: keys(secrets, of_secret)?,
        })
    }

    pub(crate) fn verify(&self, request: &Request<'_>) -> Result<Proof, Refused> {
        let value = match request.headers.find(&self.header) {
            Found::Missing => return Err(Refused::MissingSignature),
            Found::Several => return Err(Refused::BadToken),
            Found::Once(value) if value.len() > HEADER_BYTES_MAX => return Err(Refused::BadToken),
            Found::Once(value) => value,
        };
        let presented = self.presented(value).ok_or(Refused::BadToken)?;
        let secret = self.matching(&hash(&presented), request.now_ms);
        Ok(Proof {
            secret: Some(secret.ok_or(Refused::BadToken)?),
            signed_at_ms: None,
            form: 0,
        })
    }

    /// The secret as the header brings it.
    fn presented(&self, value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (prefix, rest) = value.split_at_checked(self.prefix.len())?;
        if !prefix.eq_ignore_ascii_case(self.prefix.as_bytes()) {
            return None;
        }
        let presented = match self.is_basic {
            true => STANDARD.decode(rest).ok()?,
            false => rest.to_vec(),
        };
        Some(Zeroizing::new(presented))
    }

    /// The secret of that hash. All are tried, whichever it is.
    fn matching(&self, presented: &[u8], now_ms: u64) -> Option<usize> {
        let mut found = Choice::from(0);
        let mut which = 0u64;
        for (at, key) in (0u64..).zip(&self.keys) {
            let same = key.bytes.ct_eq(presented) & Choice::from(u8::from(key.is_active(now_ms)));
            which.conditional_assign(&at, same & !found);
            found |= same;
        }
        match bool::from(found) {
            true => usize::try_from(which).ok(),
            false => None,
        }
    }
}

fn hash(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Sha256::digest(secret).to_vec())
}
