//! Reading rows: from the store as it is, or from a view of it as it was.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use ackord_core::rows::{Key, Row, RowError, Rows};
use bytes::Bytes;

use super::value;
use crate::engine::{Family, Order, Read};
use crate::key;

/// The rows of a group as they were at one moment. Cheap to clone.
#[derive(Clone)]
pub struct RowView {
    rows: Arc<dyn Read>,
}

impl RowView {
    pub(crate) fn new(rows: Arc<dyn Read>) -> Self {
        Self { rows }
    }

    #[cfg(not(madsim))]
    pub(super) fn read(&self) -> &dyn Read {
        &*self.rows
    }

    /// At most `limit` rows of `from <= key < to`, greatest key first. Both keys are of one table.
    ///
    /// To page through a list, give the last key of one page as `to` of the next.
    ///
    /// # Errors
    /// A row is there and cannot be read.
    pub fn scan_back(
        &self,
        from: &Key,
        to: &Key,
        limit: usize,
    ) -> Result<Vec<(Key, Row)>, RowError> {
        scan(&*self.rows, from, to, limit, Order::Backward)
    }

    /// The record of the commit that this view shows last.
    ///
    /// # Errors
    /// The disk fails.
    pub fn applied(&self) -> io::Result<Option<Bytes>> {
        self.rows.get(Family::State, key::APPLIED)
    }
}

impl Rows for RowView {
    fn get(&self, key: &Key) -> Result<Option<Row>, RowError> {
        get(&*self.rows, key)
    }

    fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError> {
        scan(&*self.rows, from, to, limit, Order::Forward)
    }
}

pub(super) fn get<R: Read + ?Sized>(rows: &R, key: &Key) -> Result<Option<Row>, RowError> {
    let (family, bytes) = key::encode(key);
    let value = rows
        .get(family, &bytes)
        .map_err(|error| unreadable(&error))?;
    value.map(|value| value::decode(key, &value)).transpose()
}

pub(super) fn scan<R: Read + ?Sized>(
    rows: &R,
    from: &Key,
    to: &Key,
    limit: usize,
    order: Order,
) -> Result<Vec<(Key, Row)>, RowError> {
    let (family, from) = key::encode(from);
    let (other, to) = key::encode(to);
    if family != other || from[0] != to[0] {
        return Err(RowError("a scan over two tables".to_owned()));
    }
    let mut found = Vec::new();
    let mut fault = None;
    let mut visit = |bytes: &[u8], value: &[u8]| {
        if found.len() == limit {
            return Ok(ControlFlow::Break(()));
        }
        match read(bytes, value) {
            Ok(row) => found.push(row),
            Err(error) => {
                fault = Some(error);
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    rows.scan(family, &from..&to, order, &mut visit)
        .map_err(|error| unreadable(&error))?;
    fault.map_or(Ok(found), Err)
}

fn read(bytes: &[u8], value: &[u8]) -> Result<(Key, Row), RowError> {
    let key = key::decode(bytes).map_err(|error| RowError(error.to_string()))?;
    let row = value::decode(&key, value)?;
    Ok((key, row))
}

fn unreadable(error: &io::Error) -> RowError {
    RowError(format!("read rows: {error}"))
}
