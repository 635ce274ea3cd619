//! Values of rows: the stored format belongs to [`ackord_proto`].

use ackord_core::rows::{Key, Row, RowError};
use ackord_proto::row;

pub(super) fn encode(row: &Row) -> Vec<u8> {
    row::encode(row)
}

/// The row that stands under `key` as these bytes.
pub(super) fn decode(key: &Key, bytes: &[u8]) -> Result<Row, RowError> {
    row::decode(key, bytes).map_err(|error| RowError(format!("{key:?}: {error}")))
}
