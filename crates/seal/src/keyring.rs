//! The keys of a node.

use std::collections::BTreeMap;

use ackord_core::model::SealedSecret;
use ackord_core::text::{KeyId, SecretName};
use ackord_core::time::Timestamp;
use bytes::Bytes;

use crate::envelope;
use crate::key::Key;
use crate::secret::{Place, Secret};

/// Keys that do not make a keyring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// The key that seals is none of them.
    #[error("the current sealing key, {0}, is none of those that are named")]
    NoCurrent(KeyId),
    /// Two keys have the same id.
    #[error("the sealing key {0} is named twice")]
    Twice(KeyId),
}

/// Why a sealed secret does not open. Tells nothing of the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// This node does not have its key.
    #[error("this node lacks the sealing key {0}")]
    NoKey(KeyId),
    /// It is broken, was moved from its place, or the key of this id is another one.
    #[error("the secret {name} does not open under the sealing key {key}")]
    Broken {
        /// The secret.
        name: SecretName,
        /// The key that it should be under.
        key: KeyId,
    },
}

/// The keys of a node: one that seals, and others that still open.
#[derive(Debug, Clone)]
pub struct Keyring {
    current: KeyId,
    keys: BTreeMap<KeyId, Key>,
}

impl Keyring {
    /// A keyring of these keys. `current` is the one that seals.
    ///
    /// # Errors
    /// It is none of them, or two have the same id.
    pub fn new(
        current: KeyId,
        keys: impl IntoIterator<Item = (KeyId, Key)>,
    ) -> Result<Self, KeyringError> {
        let mut ring = BTreeMap::new();
        for (id, key) in keys {
            if ring.insert(id.clone(), key).is_some() {
                return Err(KeyringError::Twice(id));
            }
        }
        if !ring.contains_key(&current) {
            return Err(KeyringError::NoCurrent(current));
        }
        Ok(Self {
            current,
            keys: ring,
        })
    }

    /// The key that seals.
    #[must_use]
    pub fn current(&self) -> &KeyId {
        &self.current
    }

    /// Seals a secret for its place.
    #[must_use]
    pub fn seal(
        &self,
        place: Place<'_>,
        secret: &[u8],
        expires: Option<Timestamp>,
    ) -> SealedSecret {
        let sealed = envelope::seal(&self.keys[&self.current], &self.current, place, secret);
        SealedSecret {
            name: place.name.clone(),
            key: self.current.clone(),
            sealed: Bytes::from(sealed),
            expires,
        }
    }

    /// Opens a secret that stands in this place.
    ///
    /// # Errors
    /// The key is not there, or the secret is not what was sealed for this place.
    pub fn open(&self, place: Place<'_>, sealed: &SealedSecret) -> Result<Secret, OpenError> {
        let key = self.keys.get(&sealed.key);
        let key = key.ok_or_else(|| OpenError::NoKey(sealed.key.clone()))?;
        let opened = envelope::open(key, &sealed.key, place, &sealed.sealed);
        opened.ok_or_else(|| OpenError::Broken {
            name: sealed.name.clone(),
            key: sealed.key.clone(),
        })
    }

    /// The same secret under the current key; none: it is under that already.
    ///
    /// # Errors
    /// As those of [`Self::open`].
    pub fn reseal(
        &self,
        place: Place<'_>,
        sealed: &SealedSecret,
    ) -> Result<Option<SealedSecret>, OpenError> {
        // That one also is opened: another key may have taken the place of the one of that name.
        let secret = self.open(place, sealed)?;
        if sealed.key == self.current {
            return Ok(None);
        }
        Ok(Some(self.seal(place, secret.expose(), sealed.expires)))
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::id::TeamId;
    use ackord_core::text::Slug;

    use super::*;

    fn id(text: &str) -> KeyId {
        KeyId::new(text).expect("an id")
    }

    #[test]
    fn a_key_is_replaced_without_a_gap() {
        let (old, new) = (Key::draw(), Key::draw());
        let (slug, name) = (Slug::new("github"), SecretName::new("s1"));
        let (slug, name) = (slug.expect("a slug"), name.expect("a name"));
        let place = Place {
            team: TeamId(2),
            slug: &slug,
            name: &name,
        };
        let before = Keyring::new(id("k1"), [(id("k1"), old.clone())]).expect("a keyring");
        let sealed = before.seal(place, b"canary", Some(Timestamp(7)));
        assert_eq!(before.reseal(place, &sealed), Ok(None));
        let swapped = Keyring::new(id("k1"), [(id("k1"), new.clone())]).expect("a keyring");
        let error = swapped.reseal(place, &sealed).expect_err("another key");
        assert!(matches!(error, OpenError::Broken { .. }), "{error}");

        let both = [(id("k1"), old), (id("k2"), new.clone())];
        let both = Keyring::new(id("k2"), both).expect("a keyring");
        let again = both.reseal(place, &sealed).expect("it opens").expect("new");
        assert_eq!((&again.key, again.expires), (&id("k2"), Some(Timestamp(7))));

        let after = Keyring::new(id("k2"), [(id("k2"), new)]).expect("a keyring");
        let opened = after.open(place, &again).expect("it opens");
        assert_eq!(opened.expose(), b"canary");
        let error = after.open(place, &sealed).expect_err("the key is gone");
        assert_eq!(error, OpenError::NoKey(id("k1")));
        assert!(!format!("{after:?} {opened:?}").contains("canary"));
    }

    #[test]
    fn a_keyring_has_the_key_that_seals_and_each_key_once() {
        let error = Keyring::new(id("k1"), []).expect_err("empty");
        assert_eq!(error, KeyringError::NoCurrent(id("k1")));
        let keys = [(id("k1"), Key::draw()), (id("k1"), Key::draw())];
        let error = Keyring::new(id("k1"), keys).expect_err("twice");
        assert_eq!(error, KeyringError::Twice(id("k1")));
    }
}
