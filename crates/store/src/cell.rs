//! Cells: a few durable bytes beside the engines, such as the node's identity.

use std::io;

/// Bytes of a cell that cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CellError {
    /// The disk fails.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// No copy passes its checksum.
    #[error("no copy passes its checksum")]
    Damaged,
}

/// A few durable bytes under a fixed name.
pub(crate) trait Cell: Send + Sync {
    /// What was saved last; none if nothing ever was.
    ///
    /// # Errors
    /// The bytes cannot be had.
    fn load(&self) -> Result<Option<Vec<u8>>, CellError>;

    /// Replaces the bytes. Durable on return; a crash leaves the old ones or the new ones.
    ///
    /// # Errors
    /// Which of the two are there is unknown.
    fn save(&self, bytes: &[u8]) -> io::Result<()>;
}
