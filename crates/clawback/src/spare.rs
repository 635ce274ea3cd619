//! Keys of sessions, and those that are free to be used again.
//!
//! The cluster keeps the record of a session for a day, and so many of a team; so the key of one that has
//! ended, holding nothing, is used for the next connection of its token. Only this process knows that it is
//! free, and gives it to one connection alone; that one has a nonce of its own all the same.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Keys that are remembered, of about 60 bytes each.
const SPARE_MAX: usize = 4_096;

/// See the module. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spare(Arc<Mutex<VecDeque<String>>>);

impl Spare {
    /// A key that no session of this token has now.
    pub(crate) fn key(&self, secret: &str) -> String {
        let prefix = prefix(secret);
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = free.iter().position(|it| it.starts_with(&prefix));
        at.and_then(|at| free.remove(at))
            .unwrap_or_else(|| Self::drawn(secret))
    }

    /// A key that nobody ever had.
    pub(crate) fn drawn(secret: &str) -> String {
        format!("{}{:032x}", prefix(secret), rand::random::<u128>())
    }

    /// The session of this key has ended, and holds nothing.
    pub(crate) fn keep(&self, key: String) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() >= SPARE_MAX {
            free.pop_front();
        }
        free.push_back(key);
    }
}

/// Names the token among the keys of its team's sessions, and tells nothing of it.
fn prefix(secret: &str) -> String {
    let digest = Sha256::new()
        .chain_update("clawback session of ")
        .chain_update(secret)
        .finalize();
    let digits = digest.iter().take(6).map(|it| format!("{it:02x}"));
    format!("clawback-{}-", digits.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_token_and_no_other() {
        let (one, other) = (prefix("ackord_a"), prefix("ackord_b"));
        assert_ne!(one, other);
        assert!(Spare::drawn("ackord_a").starts_with(&one));
        assert_ne!(Spare::drawn("ackord_a"), Spare::drawn("ackord_a"));
    }

    #[test]
    fn a_free_key_is_for_one_connection_of_its_token() {
        let spare = Spare::default();
        let key = spare.key("ackord_a");
        spare.keep(key.clone());
        assert_ne!(spare.key("ackord_b"), key);
        assert_eq!(spare.key("ackord_a"), key);
        assert_ne!(spare.key("ackord_a"), key);
    }
}
