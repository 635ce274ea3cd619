//! Secrets of tokens: drawn here, shown once, kept only as a hash.

use std::fmt;

use rand::RngExt;
use sha2::{Digest, Sha256};

/// What every secret of this program begins with, so that scanners find one that leaked.
const PREFIX: &str = "ackord_";
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random letters: 256 bits.
const RANDOM: usize = 43;
/// Letters of the checksum: a secret that was cut or misread is known without asking anybody.
const CHECK: usize = 6;

/// The secret of a token, which goes behind `Bearer`. Its debug form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Draws a new one.
    #[must_use]
    pub fn draw() -> Self {
        let mut rng = rand::rng();
        let letters = (0..RANDOM).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]));
        let mut text: String = PREFIX.chars().chain(letters).collect();
        let check = checksum(&text);
        text.push_str(&check);
        Self(text)
    }

    /// The secret itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the cluster keeps of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([REDACTED])")
    }
}

/// SHA-256 of a secret. Tokens are found by it, so how long that takes tells nothing of the
/// secret.
#[must_use]
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Whether the text looks like one of our secrets, but was cut or misread.
pub(crate) fn is_damaged(text: &str) -> bool {
    text.starts_with(PREFIX) && !is_ours(text)
}

/// Whether the text is a secret of this program's making, whole: of which cluster, nobody can tell.
pub(crate) fn is_ours(text: &str) -> bool {
    let whole = PREFIX.len() + RANDOM + CHECK;
    text.starts_with(PREFIX)
        && text.len() == whole
        && text
            .split_at_checked(whole - CHECK)
            .is_some_and(|(body, check)| checksum(body) == check)
}

fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest
        .iter()
        .take(CHECK)
        .map(|it| char::from(LETTERS[usize::from(*it) % 62]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_secret_is_whole() {
        let secret = Secret::draw();
        assert_eq!(secret.expose().len(), 56);
        assert!(!is_damaged(secret.expose()));
        assert!(is_ours(secret.expose()));
        assert_ne!(secret, Secret::draw());
    }

    #[test]
    fn a_secret_that_was_cut_or_misread_is_damaged() {
        let secret = Secret::draw();
        let text = secret.expose();
        assert!(is_damaged(&text[..text.len() - 1]));
        assert!(is_damaged(&format!("{text}0")));
        let swapped = if text.as_bytes()[10] == b'a' {
            "b"
        } else {
            "a"
        };
        assert!(is_damaged(&format!(
            "{}{swapped}{}",
            &text[..10],
            &text[11..]
        )));
        assert!(is_damaged("ackord_"));
        assert!(is_damaged("ackord_ä"));
    }

    #[test]
    fn a_text_of_another_kind_is_not_damaged() {
        assert!(!is_damaged("hunter2"));
        assert!(!is_ours("hunter2"));
    }

    #[test]
    fn the_debug_form_hides_the_secret() {
        assert_eq!(format!("{:?}", Secret::draw()), "Secret([REDACTED])");
    }
}
