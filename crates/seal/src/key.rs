//! Keys that seal.

use std::fmt;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Bytes of a key: AES-256.
pub(crate) const KEY_BYTES: usize = 32;

/// A text that is no key. Does not tell the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not base64.
    #[error("a sealing key is 32 random bytes in base64, and this is not base64")]
    Encoding,
    /// It has another length.
    #[error("a sealing key is 32 random bytes in base64, and this has {0} bytes")]
    Length(usize),
    /// All of its bytes are the same: nobody has drawn it.
    #[error("a sealing key is 32 random bytes in base64, and this is not random")]
    NotRandom,
}

/// A key that seals. Its debug form hides it; it is wiped when it is dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// Draws a new one.
    #[must_use]
    pub fn draw() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// Reads base64, padded or the kind for URLs. Space around it does not count.
    ///
    /// # Errors
    /// It is not 32 bytes, or all of them are the same.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let bytes = BASE64_STANDARD
            .decode(text)
            .or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(text))
            .map(Zeroizing::new)
            .map_err(|_| KeyError::Encoding)?;
        let key: [u8; KEY_BYTES] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| KeyError::Length(bytes.len()))?;
        let key = Zeroizing::new(key);
        if key.iter().all(|it| *it == key[0]) {
            return Err(KeyError::NotRandom);
        }
        Ok(Self(key))
    }

    /// The key as [`Self::from_text`] reads it, to be written to a file that nobody else may read.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(self.bytes()))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back() {
        let key = Key::draw();
        let again = Key::from_text(&format!(" {}\n", *key.to_text())).expect("its own text");
        assert_eq!(key.bytes(), again.bytes());
        let url = BASE64_URL_SAFE_NO_PAD.encode(key.bytes());
        assert_eq!(Key::from_text(&url).expect("for URLs").bytes(), key.bytes());
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_told() {
        let not = |text: &str| Key::from_text(text).expect_err("no key");
        assert_eq!(not("canary!"), KeyError::Encoding);
        assert_eq!(not("Y2FuYXJ5"), KeyError::Length(6));
        assert_eq!(not(""), KeyError::Length(0));
        assert_eq!(not(&BASE64_STANDARD.encode([7; 32])), KeyError::NotRandom);
        assert!(!not("canary!").to_string().contains("canary"));
        assert_eq!(format!("{:?}", Key::draw()), "Key([REDACTED])");
    }
}
