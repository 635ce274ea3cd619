//! Seals the secrets of sources: only ciphertext is proposed, stored, sent to other nodes or backed
//! up, and only a node that has the key, in its own configuration, can open it.
//!
//! A [`Keyring`] has one key that seals and any number that still open, so that a key can be
//! replaced while the cluster runs: give the new one to every node, make it the current one, seal
//! again what is under the old one, then take the old one away.
//!
//! A sealed secret is bound to its place (team, source, name): moved elsewhere in the log or the
//! rows, it does not open. Nothing here prints a secret or a key, in errors and debug forms neither;
//! both are wiped when they are dropped.
//!
//! A key seals with a random 96-bit nonce, so it should seal no more than 2^32 secrets in its life.

mod envelope;
mod key;
mod keyring;
mod secret;

pub use key::{Key, KeyError};
pub use keyring::{Keyring, KeyringError, OpenError};
pub use secret::{Place, Secret};
