//! `Watch(watched)`: watches of crons, by number, then those of sources.

use ackord_core::model::Watched;
use ackord_core::rows::Key;

use super::KeyError;
use super::part::Part;

const CRON: u8 = 0;
const SOURCE: u8 = 1;

pub(super) fn write(out: &mut Vec<u8>, of: &Watched) {
    match of {
        Watched::Cron(id) => {
            CRON.write(out);
            id.write(out);
        }
        Watched::Source(id) => {
            SOURCE.write(out);
            id.write(out);
        }
    }
}

pub(super) fn read(input: &mut &[u8]) -> Result<Key, KeyError> {
    let of = match u8::read(input)? {
        CRON => Watched::Cron(Part::read(input)?),
        SOURCE => Watched::Source(Part::read(input)?),
        other => return Err(KeyError::Unknown("watch", other)),
    };
    Ok(Key::Watch(of))
}

#[cfg(test)]
mod tests {
    use ackord_core::id::{CronId, SourceId};
    use proptest::prelude::*;

    use super::*;
    use crate::key::check::{number, sorts_and_reads_back};

    fn keys() -> impl Strategy<Value = Key> {
        let of = prop_oneof![
            number().prop_map(|it| Watched::Cron(CronId(it))),
            number().prop_map(|it| Watched::Source(SourceId(it))),
        ];
        of.prop_map(Key::Watch)
    }

    proptest! {
        #[test]
        fn keys_sort_and_read_back(a in keys(), b in keys()) {
            sorts_and_reads_back(&a, &b)?;
        }
    }
}
