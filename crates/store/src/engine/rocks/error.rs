//! RocksDB's errors as io errors.

use std::io;

use rocksdb::ErrorKind;

/// Damage becomes [`io::ErrorKind::InvalidData`], a full disk [`io::ErrorKind::StorageFull`]; the
/// text is kept.
pub(super) fn io_error(error: rocksdb::Error) -> io::Error {
    let kind = match error.kind() {
        ErrorKind::Corruption => io::ErrorKind::InvalidData,
        ErrorKind::NotFound => io::ErrorKind::NotFound,
        ErrorKind::IOError if error.as_ref().contains("No space left") => {
            io::ErrorKind::StorageFull
        }
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
