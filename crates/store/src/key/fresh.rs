//! `Fresh(queue, class, position)`: ready events of a class, in the order in which they became so.

use ackord_core::id::QueueId;
use ackord_core::model::Class;
use ackord_core::rows::Key;
use ackord_core::time::Position;

use super::KeyError;
use super::part::Part;

pub(super) fn write(out: &mut Vec<u8>, queue: &QueueId, class: &Class, position: &Position) {
    queue.write(out);
    class.write(out);
    position.write(out);
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    Ok(Key::Fresh(
        Part::read(input)?,
        Part::read(input)?,
        Part::read(input)?,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{class, number, position, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        (number().prop_map(QueueId), class(), position())
            .prop_map(|(queue, class, position)| Key::Fresh(queue, class, position))
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
