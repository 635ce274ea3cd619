//! 128-bit numbers.

use ackord_core::id::EventId;
use ackord_core::model::{ContentHash, DedupKey};

use super::Stored;
use crate::decode_error::DecodeError;
use crate::stored;

/// The upper and the lower half.
#[expect(clippy::cast_possible_truncation, reason = "each half has 64 bits")]
pub(crate) const fn halves(number: u128) -> (u64, u64) {
    ((number >> 64) as u64, number as u64)
}

/// The number of these halves.
pub(crate) fn join(high: u64, low: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

impl Stored for u128 {
    type Form = stored::U128;

    fn store(&self) -> stored::U128 {
        let (high, low) = halves(*self);
        stored::U128 { high, low }
    }

    fn load(form: stored::U128) -> Result<Self, DecodeError> {
        Ok(join(form.high, form.low))
    }
}

macro_rules! number {
    ($name:ident) => {
        impl Stored for $name {
            type Form = stored::U128;

            fn store(&self) -> stored::U128 {
                self.0.store()
            }

            fn load(form: stored::U128) -> Result<Self, DecodeError> {
                u128::load(form).map(Self)
            }
        }
    };
}

number!(EventId);
number!(DedupKey);
number!(ContentHash);
