//! Effects: what sessions do outside of the cluster, recorded once for each key of an event.

use alloc::vec::Vec;

use crate::text::{EffectKey, EffectResult};
use crate::time::Timestamp;

/// How far an effect is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectState {
    /// Begun. Whether it happened, the cluster does not know.
    Unfinished,
    /// It happened.
    Done {
        /// When somebody said so.
        at: Timestamp,
        /// What came of it.
        result: Option<EffectResult>,
    },
}

/// One entry of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Names it within its event.
    pub key: EffectKey,
    /// The delivery that began it, or forced it last.
    pub delivery: u32,
    /// When that was.
    pub since: Timestamp,
    /// The call that was told to do it: sent again, it is told so again. None: no call is.
    pub nonce: Option<u64>,
    /// How often it was forced.
    pub forced: u32,
    /// How far it is.
    pub state: EffectState,
}

/// The effects of an event, in the order in which they were begun. There is no row for an event
/// that has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// At most [`crate::limits::EFFECTS_PER_EVENT`], each key once.
    pub effects: Vec<Effect>,
}
