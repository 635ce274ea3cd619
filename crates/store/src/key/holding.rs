//! `Holding(source)`: what a source holds, by its number.

use ackord_core::id::SourceId;
use ackord_core::rows::Key;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, source: &SourceId) {
    source.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Holding(Part::read(input)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{number, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        number().prop_map(SourceId).prop_map(Key::Holding)
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
