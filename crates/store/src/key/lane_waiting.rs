//! `LaneWaiting(queue, ordering key, position)`: who waits in a lane, first come first.

use ackord_core::id::QueueId;
use ackord_core::rows::Key;
use ackord_core::text::OrderingKey;
use ackord_core::time::Position;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, queue: &QueueId, key: &OrderingKey, position: &Position) {
    queue.write(out);
    key.write(out);
    position.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::LaneWaiting(
        Part::read(input)?,
        Part::read(input)?,
        Part::read(input)?,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{number, ordering_key, position, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (number().prop_map(QueueId), ordering_key(), position())
            .prop_map(|(queue, key, position)| Key::LaneWaiting(queue, key, position))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
