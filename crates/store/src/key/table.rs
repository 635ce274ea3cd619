//! Tables: one for each kind of key. The number of a table is the first byte of its keys.

use ackord_core::rows::Key;

use super::KeyError;
use crate::engine::Family;

macro_rules! tables {
    ($($number:literal $name:ident $family:ident $pattern:pat,)*) => {
        /// A table. The numbers are stored: never change or reuse one. 0 is the store's own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Table {
            $($name = $number,)*
        }

        impl Table {
            pub(super) fn of(key: &Key) -> Self {
                match key {
                    $($pattern => Self::$name,)*
                }
            }

            pub(super) fn from_number(number: u8) -> Result<Self, KeyError> {
                match number {
                    $($number => Ok(Self::$name),)*
                    _ => Err(KeyError::Unknown("table", number)),
                }
            }

            pub(super) const fn number(self) -> u8 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// Where the rows of the table are kept.
            pub(super) const fn family(self) -> Family {
                match self {
                    $(Self::$name => Family::$family,)*
                }
            }
        }
    };
}

tables! {
    1  Meta        State   Key::Meta,
    2  Node        State   Key::Node(..),
    3  Team        State   Key::Team(..),
    4  Token       State   Key::Token(..),
    5  Queue       State   Key::Queue(..),
    6  Session     State   Key::Session(..),
    7  Job         State   Key::Job(..),
    8  Event       Events  Key::Event(..),
    9  Content     Content Key::Content(..),
    10 Dedup       Dedup   Key::Dedup(..),
    11 Lane        Index   Key::Lane(..),
    12 LaneWaiting Index   Key::LaneWaiting(..),
    13 Fresh       Index   Key::Fresh(..),
    14 Returned    Index   Key::Returned(..),
    15 Due         Index   Key::Due(..),
    16 Dead        Index   Key::Dead(..),
    17 Finished    Index   Key::Finished(..),
    18 Source      State   Key::Source(..),
    19 Holding     State   Key::Holding(..),
    20 Held        Index   Key::Held(..),
    21 Ledger      Events  Key::Ledger(..),
    22 Approval    State   Key::Approval(..),
    30 Cron        State   Key::Cron(..),
    31 CronInstruction Content Key::CronInstruction(..),
    32 Watch       State   Key::Watch(..),
}
