//! RocksDB's errors as io errors.

use std::io;

use rocksdb::ErrorKind;

/// Damage becomes [`io::ErrorKind::InvalidData`], a full disk [`io::ErrorKind::StorageFull`] or
/// [`io::ErrorKind::QuotaExceeded`], a missing file [`io::ErrorKind::NotFound`], and files that are
/// not for this release [`io::ErrorKind::InvalidInput`] or [`io::ErrorKind::Unsupported`]. A disk
/// that fails is [`io::ErrorKind::Other`]. The text is kept.
pub(super) fn io_error(error: rocksdb::Error) -> io::Error {
    let says = |words: &str| error.as_ref().contains(words);
    let kind = match error.kind() {
        ErrorKind::Corruption => io::ErrorKind::InvalidData,
        ErrorKind::NotFound => io::ErrorKind::NotFound,
        ErrorKind::InvalidArgument => io::ErrorKind::InvalidInput,
        ErrorKind::NotSupported => io::ErrorKind::Unsupported,
        ErrorKind::IOError if says("No space left") => io::ErrorKind::StorageFull,
        ErrorKind::IOError if says("quota exceeded") => io::ErrorKind::QuotaExceeded,
        ErrorKind::IOError if says("No such file") => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
