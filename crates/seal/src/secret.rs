//! Secrets, opened, and where they belong.

use std::fmt;

use ackord_core::id::TeamId;
use ackord_core::text::{SecretName, Slug};
use zeroize::Zeroizing;

/// Where a secret belongs. A sealed one opens there alone.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The team of its source.
    pub team: TeamId,
    /// Its source, whose id is not known before it is made.
    pub slug: &'a Slug,
    /// Its name.
    pub name: &'a SecretName,
}

/// A secret that was opened. Its debug form hides it; it is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([REDACTED])")
    }
}
