//! `Lane(queue, ordering key)`: the ordering keys in use of a queue.

use ackord_core::id::QueueId;
use ackord_core::rows::Key;
use ackord_core::text::OrderingKey;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, queue: &QueueId, key: &OrderingKey) {
    queue.write(out);
    key.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Lane(Part::read(input)?, Part::read(input)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{number, ordering_key, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (number().prop_map(QueueId), ordering_key()).prop_map(|(queue, key)| Key::Lane(queue, key))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
