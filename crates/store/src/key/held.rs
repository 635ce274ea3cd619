//! `Held(source, position)`: the events that a source holds, oldest first.

use ackord_core::id::SourceId;
use ackord_core::rows::Key;
use ackord_core::time::Position;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, source: &SourceId, position: &Position) {
    source.write(out);
    position.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Held(Part::read(input)?, Part::read(input)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{number, position, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (number().prop_map(SourceId), position())
            .prop_map(|(source, position)| Key::Held(source, position))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
