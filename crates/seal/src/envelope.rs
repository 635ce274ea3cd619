//! A sealed secret as bytes: a version, the nonce, the ciphertext with its tag. The key's id stands
//! beside them, and is bound to them like the place.
//!
//! `01 | nonce, 12 bytes | ciphertext, as long as the secret | tag, 16 bytes`

use ackord_core::text::KeyId;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use crate::key::Key;
use crate::secret::{Place, Secret};

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

/// Seals a secret under a key.
pub(crate) fn seal(key: &Key, id: &KeyId, place: Place<'_>, secret: &[u8]) -> Vec<u8> {
    seal_with(rand::random(), key, id, place, secret)
}

fn seal_with(
    nonce: [u8; NONCE_BYTES],
    key: &Key,
    id: &KeyId,
    place: Place<'_>,
    secret: &[u8],
) -> Vec<u8> {
    let aad = bound(id, place);
    let payload = Payload {
        msg: secret,
        aad: &aad,
    };
    let sealed = cipher(key).encrypt(&Nonce::from(nonce), payload);
    let sealed = sealed.expect("a secret is far below the 64 GiB that AES-GCM takes");
    let mut envelope = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
    envelope.push(VERSION);
    envelope.extend_from_slice(&nonce);
    envelope.extend_from_slice(&sealed);
    envelope
}

/// Opens what [`seal`] has made; none: it is broken, or of another key or place.
pub(crate) fn open(key: &Key, id: &KeyId, place: Place<'_>, envelope: &[u8]) -> Option<Secret> {
    let (version, rest) = envelope.split_first()?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
    if *version != VERSION {
        return None;
    }
    let aad = bound(id, place);
    let payload = Payload {
        msg: sealed,
        aad: &aad,
    };
    let opened = cipher(key).decrypt(&Nonce::from(*nonce), payload);
    opened.ok().map(Secret::new)
}

fn cipher(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new(key.bytes().into())
}

/// What the ciphertext is bound to: each part with its length, so that no two places read the same.
fn bound(id: &KeyId, place: Place<'_>) -> Vec<u8> {
    let team = place.team.0.to_le_bytes();
    let parts: [&[u8]; 6] = [
        b"ackord secret",
        &[VERSION],
        id.as_str().as_bytes(),
        &team,
        place.slug.as_str().as_bytes(),
        place.name.as_str().as_bytes(),
    ];
    let mut bound = Vec::new();
    for part in parts {
        let length = u64::try_from(part.len()).expect("a length fits 64 bits");
        bound.extend_from_slice(&length.to_le_bytes());
        bound.extend_from_slice(part);
    }
    bound
}

#[cfg(test)]
mod tests {
    use ackord_core::id::TeamId;
    use ackord_core::text::{SecretName, Slug};
    use proptest::prelude::*;

    use super::*;

    fn key(first: u8) -> Key {
        let mut bytes = [first; 32];
        bytes[31] = 0;
        Key::from_text(&base64::Engine::encode(
            &base64::prelude::BASE64_STANDARD,
            bytes,
        ))
        .expect("a key")
    }

    /// A place and the id of a key, by their texts.
    struct Names(u64, Slug, SecretName, KeyId);

    impl Names {
        fn new(team: u64, slug: &str, name: &str, key: &str) -> Self {
            Self(
                team,
                Slug::new(slug).expect("a slug"),
                SecretName::new(name).expect("a name"),
                KeyId::new(key).expect("an id"),
            )
        }

        fn place(&self) -> Place<'_> {
            Place {
                team: TeamId(self.0),
                slug: &self.1,
                name: &self.2,
            }
        }
    }

    #[test]
    fn an_envelope_stays_as_it_is() {
        let at = Names::new(2, "github", "s1", "k1");
        let sealed = seal_with([9; 12], &key(1), &at.3, at.place(), b"canary");
        let hex: String = sealed.iter().map(|it| format!("{it:02x}")).collect();
        assert_eq!(hex, FROZEN);
        let opened = open(&key(1), &at.3, at.place(), &sealed).expect("its own");
        assert_eq!(opened.expose(), b"canary");
    }

    /// What an earlier version of this program has written is read for ever.
    const FROZEN: &str = "01090909090909090909090909d5bf17c87c4d3c4e56f1cb51537f5c18a1b25c6f4c2d";

    #[test]
    fn a_secret_opens_in_its_own_place_under_its_own_key_alone() {
        let at = Names::new(2, "github", "s1", "k1");
        let sealed = seal(&key(1), &at.3, at.place(), b"canary");
        for other in [
            Names::new(3, "github", "s1", "k1"),
            Names::new(2, "githu", "s1", "k1"),
            Names::new(2, "github", "s2", "k1"),
            Names::new(2, "github", "s1", "k2"),
            Names::new(2, "githubs", "1", "k1"),
        ] {
            assert!(open(&key(1), &other.3, other.place(), &sealed).is_none());
        }
        assert!(open(&key(2), &at.3, at.place(), &sealed).is_none());
        assert!(open(&key(1), &at.3, at.place(), &sealed).is_some());
    }

    #[test]
    fn no_two_envelopes_of_a_secret_are_the_same() {
        let at = Names::new(2, "github", "s1", "k1");
        let sealed = || seal(&key(1), &at.3, at.place(), b"canary");
        assert_ne!(sealed(), sealed());
    }

    proptest! {
        #[test]
        fn a_changed_envelope_does_not_open(
            secret in prop::collection::vec(any::<u8>(), 0..64),
            at in any::<prop::sample::Index>(),
            bit in 0..8u8,
        ) {
            let place = Names::new(2, "github", "s1", "k1");
            let mut sealed = seal(&key(1), &place.3, place.place(), &secret);
            let opened = open(&key(1), &place.3, place.place(), &sealed).expect("its own");
            prop_assert_eq!(opened.expose(), &secret[..]);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(open(&key(1), &place.3, place.place(), &sealed).is_none());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let place = Names::new(2, "github", "s1", "k1");
            prop_assert!(open(&key(1), &place.3, place.place(), &bytes).is_none());
        }
    }
}
