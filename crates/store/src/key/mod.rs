//! Keys of rows on disk: the number of the table, then the parts of the key, so that within a table
//! bytes sort as the keys of [`ackord_core`] do. One file for each kind of key that has parts.
//!
//! `Dedup(team 7, key k)` is `0a | 0000000000000007 | k as 16 bytes`, in family `dedup`.

mod approval;
#[cfg(test)]
mod check;
mod content;
mod cron;
mod cron_instruction;
mod dead;
mod dedup;
mod due;
mod event;
mod finished;
mod fresh;
mod held;
mod holding;
mod job;
mod lane;
mod lane_waiting;
mod ledger;
mod node;
mod part;
mod queue;
mod returned;
mod session;
mod source;
mod table;
mod team;
mod token;
mod watch;

use ackord_core::rows::Key;

use crate::engine::Family;
use table::Table;

/// Bytes that are no key of a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    /// They end too early.
    #[error("a row key ends too early")]
    Short,
    /// They go on after the key.
    #[error("a row key has {0} bytes too many")]
    Long(usize),
    /// They name something that this release does not know.
    #[error("a row key names {0} {1}")]
    Unknown(&'static str, u8),
    /// A text in them breaks its rule.
    #[error("a row key holds a text that breaks its rule")]
    Text,
}

/// The store's own record of what was applied last, beside the rows of family `state`.
pub(crate) const APPLIED: &[u8] = &[0];

/// The family and the bytes of a key.
pub(crate) fn encode(key: &Key) -> (Family, Vec<u8>) {
    let table = Table::of(key);
    let mut out = Vec::with_capacity(64);
    out.push(table.number());
    match key {
        Key::Meta => {}
        Key::Node(node) => node::write(&mut out, node),
        Key::Team(team) => team::write(&mut out, team),
        Key::Token(token) => token::write(&mut out, token),
        Key::Queue(queue) => queue::write(&mut out, queue),
        Key::Session(session) => session::write(&mut out, session),
        Key::Job(job) => job::write(&mut out, job),
        Key::Event(team, event) => event::write(&mut out, team, event),
        Key::Content(team, event) => content::write(&mut out, team, event),
        Key::Dedup(team, key) => dedup::write(&mut out, team, key),
        Key::Lane(queue, key) => lane::write(&mut out, queue, key),
        Key::LaneWaiting(queue, key, at) => lane_waiting::write(&mut out, queue, key, at),
        Key::Fresh(queue, class, at) => fresh::write(&mut out, queue, class, at),
        Key::Returned(queue, class, at) => returned::write(&mut out, queue, class, at),
        Key::Due(at, team, event, kind) => due::write(&mut out, at, team, event, kind),
        Key::Dead(team, at) => dead::write(&mut out, team, at),
        Key::Finished(team, at) => finished::write(&mut out, team, at),
        Key::Source(source) => source::write(&mut out, source),
        Key::Holding(source) => holding::write(&mut out, source),
        Key::Held(source, at) => held::write(&mut out, source, at),
        Key::Cron(team, cron) => cron::write(&mut out, team, cron),
        Key::CronInstruction(team, cron) => cron_instruction::write(&mut out, team, cron),
        Key::Ledger(team, event) => ledger::write(&mut out, team, event),
        Key::Approval(team, approval) => approval::write(&mut out, team, approval),
        Key::Watch(of) => watch::write(&mut out, of),
    }
    (table.family(), out)
}

/// The key that [`encode`] made these bytes of.
pub(crate) fn decode(bytes: &[u8]) -> Result<Key, KeyError> {
    let (number, mut input) = bytes.split_first().ok_or(KeyError::Short)?;
    let input = &mut input;
    let key = match Table::from_number(*number)? {
        Table::Meta => Key::Meta,
        Table::Node => node::read(input)?,
        Table::Team => team::read(input)?,
        Table::Token => token::read(input)?,
        Table::Queue => queue::read(input)?,
        Table::Session => session::read(input)?,
        Table::Job => job::read(input)?,
        Table::Event => event::read(input)?,
        Table::Content => content::read(input)?,
        Table::Dedup => dedup::read(input)?,
        Table::Lane => lane::read(input)?,
        Table::LaneWaiting => lane_waiting::read(input)?,
        Table::Fresh => fresh::read(input)?,
        Table::Returned => returned::read(input)?,
        Table::Due => due::read(input)?,
        Table::Dead => dead::read(input)?,
        Table::Finished => finished::read(input)?,
        Table::Source => source::read(input)?,
        Table::Holding => holding::read(input)?,
        Table::Held => held::read(input)?,
        Table::Cron => cron::read(input)?,
        Table::CronInstruction => cron_instruction::read(input)?,
        Table::Ledger => ledger::read(input)?,
        Table::Approval => approval::read(input)?,
        Table::Watch => watch::read(input)?,
    };
    match input.len() {
        0 => Ok(key),
        more => Err(KeyError::Long(more)),
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::id::{EventId, TeamId};
    use ackord_core::rows::Key;
    use proptest::prelude::*;

    use super::{APPLIED, KeyError, decode, encode};

    #[test]
    fn the_bytes_of_a_key_stay_as_they_are() {
        let (_, bytes) = encode(&Key::Event(TeamId(1), EventId(2)));
        let mut frozen = [0u8; 25];
        (frozen[0], frozen[8], frozen[24]) = (8, 1, 2);
        assert_eq!(bytes, frozen);
        assert_eq!(encode(&Key::Meta).1, [1]);
    }

    #[test]
    fn a_cut_or_continued_key_is_refused() {
        let (_, mut bytes) = encode(&Key::Team(TeamId(1)));
        bytes.push(0);
        assert_eq!(decode(&bytes), Err(KeyError::Long(1)));
        assert_eq!(decode(&bytes[..8]), Err(KeyError::Short));
        assert_eq!(decode(APPLIED), Err(KeyError::Unknown("table", 0)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_decode_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(key) = decode(&bytes) {
                prop_assert_eq!(encode(&key).1, bytes);
            }
        }
    }
}
