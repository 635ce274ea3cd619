//! Secrets, and the keys that they are turned into.

use std::fmt;

use ackord_proto::v1::KeyEncoding;
use base64::Engine;
use zeroize::Zeroizing;

use crate::encoding::{BASE64_OF_PEOPLE, hex};

/// Longest secret, in bytes.
const SECRET_BYTES_MAX: usize = 4096;
/// Shortest secret that people may choose, and shortest key, in bytes: shorter ones are guessed.
const SECRET_BYTES_MIN: usize = 8;

/// A secret that a provider and a source share.
#[derive(Clone, Copy)]
pub struct Secret<'a> {
    /// The secret, as the provider shows it.
    pub value: &'a [u8],
    /// From this instant on it is believed no more, in milliseconds since the Unix epoch.
    pub expires_at_ms: Option<u64>,
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// What a secret was turned into, wiped from memory when dropped.
pub(crate) struct Key {
    /// For an HMAC, its key; else a hash of the secret, to be compared with one.
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    expires_at_ms: Option<u64>,
}

impl Key {
    /// The key that `of_secret` makes of a secret.
    ///
    /// # Errors
    /// What the secret must be.
    pub(crate) fn new(
        secret: &Secret<'_>,
        of_secret: impl FnOnce(&[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str>,
    ) -> Result<Self, &'static str> {
        check(secret.value)?;
        Ok(Self {
            bytes: of_secret(secret.value)?,
            expires_at_ms: secret.expires_at_ms,
        })
    }

    /// It is still believed.
    pub(crate) fn is_active(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_none_or(|it| now_ms < it)
    }
}

/// What goes wrong when a secret is copied: nothing, a new line at its end, half a screen.
fn check(secret: &[u8]) -> Result<(), &'static str> {
    let printable = |it: &u8| !it.is_ascii_control();
    let framed = secret.trim_ascii().len() < secret.len();
    match secret.len() {
        0 => Err("the secret, which is empty"),
        1..SECRET_BYTES_MIN => Err("at least 8 bytes, or it is guessed"),
        _ if secret.len() > SECRET_BYTES_MAX => Err("at most 4,096 bytes"),
        _ if framed => Err("the secret alone, without spaces or new lines around it"),
        _ if !secret.iter().all(printable) => Err("the secret alone, without control characters"),
        _ => Ok(()),
    }
}

/// The key of an HMAC that stands in a secret.
pub(crate) fn decode(
    encoding: KeyEncoding,
    secret: &[u8],
) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let of_base64 = |text| BASE64_OF_PEOPLE.decode(text).ok().map(Zeroizing::new);
    let (key, rule) = match encoding {
        KeyEncoding::Unspecified => (None, "of a known encoding"),
        KeyEncoding::Text => (Some(Zeroizing::new(secret.to_vec())), "text"),
        KeyEncoding::Hex => (hex(secret).map(Zeroizing::new), "hexadecimal"),
        KeyEncoding::Base64 => (of_base64(secret), "base64"),
        KeyEncoding::StandardWebhooks => {
            let text = secret.strip_prefix(b"whsec_").unwrap_or(secret);
            let key = of_base64(text).filter(|it| (24..=64).contains(&it.len()));
            (key, "`whsec_` and then base64 of 24 to 64 bytes")
        }
    };
    let key = key.ok_or(rule)?;
    match key.len() {
        0..SECRET_BYTES_MIN => Err("a key of at least 8 bytes, or it is guessed"),
        _ => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(encoding: KeyEncoding, secret: &[u8]) -> bool {
        let secret = Secret {
            value: secret,
            expires_at_ms: None,
        };
        Key::new(&secret, |it| decode(encoding, it)).is_err()
    }

    #[test]
    fn what_goes_wrong_when_a_secret_is_copied_is_refused() {
        let encodings = [
            KeyEncoding::Text,
            KeyEncoding::Hex,
            KeyEncoding::Base64,
            KeyEncoding::StandardWebhooks,
        ];
        let long = [b'a'; 4097];
        let wrong: [&[u8]; 8] = [
            b"",
            b" ",
            b"short",
            b"secret-secret\n",
            b" secret-secret",
            b"secret\0secret",
            b"one-secret\nother-secret",
            &long,
        ];
        for encoding in encodings {
            for secret in wrong {
                assert!(refused(encoding, secret), "{encoding:?} {secret:?}");
            }
        }
    }

    #[test]
    fn a_secret_must_be_what_its_encoding_says() {
        assert!(!refused(KeyEncoding::Text, "schlüssel".as_bytes()));
        assert!(!refused(KeyEncoding::Hex, b"0011223344556677"));
        assert!(refused(KeyEncoding::Hex, b"0011223344556677 0011"));
        assert!(refused(KeyEncoding::Hex, b"00112233"));
        assert!(!refused(KeyEncoding::Base64, b"c2VjcmV0LXNlY3JldA"));
        assert!(refused(KeyEncoding::Base64, b"not base64!"));
        assert!(refused(KeyEncoding::Unspecified, b"secret-secret"));
    }

    #[test]
    fn a_standard_secret_holds_24_to_64_bytes() {
        let bytes = |count: usize| BASE64_OF_PEOPLE.encode(vec![7; count]);
        for (count, is_refused) in [(23, true), (24, false), (64, false), (65, true)] {
            for prefix in ["", "whsec_"] {
                let secret = format!("{prefix}{}", bytes(count));
                let encoding = KeyEncoding::StandardWebhooks;
                assert_eq!(refused(encoding, secret.as_bytes()), is_refused, "{count}");
            }
        }
        assert!(refused(KeyEncoding::StandardWebhooks, b"whsec_"));
        assert!(refused(
            KeyEncoding::StandardWebhooks,
            b"whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        ));
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret {
            value: b"canary-canary",
            expires_at_ms: Some(1),
        };
        assert!(!format!("{secret:?}").contains("canary"));
    }

    #[test]
    fn a_secret_ends_at_its_instant() {
        let secret = Secret {
            value: b"secret-secret",
            expires_at_ms: Some(1000),
        };
        let key = Key::new(&secret, |it| decode(KeyEncoding::Text, it)).expect("it is one");
        assert!(key.is_active(999));
        assert!(!key.is_active(1000));
    }
}
