//! Why files are no good.

use std::io;
use std::path::PathBuf;

/// Why files are not used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It is not there, or must not be read.
    #[error("read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is another kind of file.
    #[error("{} holds no certificate in PEM form", .0.display())]
    NoCertificate(PathBuf),
    /// It is another kind of file.
    #[error("{} holds no private key in PEM form", .0.display())]
    NoKey(PathBuf),
    /// What it holds cannot be used.
    #[error("{}: {reason}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Two files do not belong together.
    #[error("the key in {} is not the one of the certificate in {}", key.display(), cert.display())]
    OtherKey {
        /// The key's file.
        key: PathBuf,
        /// The certificate's.
        cert: PathBuf,
    },
    /// No CA is named, and this machine trusts none.
    #[error("no CA is named, and this machine has no list of its own")]
    NoRoots,
}
