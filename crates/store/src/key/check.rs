//! What each kind of key is checked with.

use ackord_core::id::EventId;
use ackord_core::model::{Class, DedupKey, DueKind};
use ackord_core::rows::Key;
use ackord_core::text::OrderingKey;
use ackord_core::time::Position;
use proptest::prelude::*;

/// Two keys of one table: their bytes sort as they do, and both read back.
pub(super) fn sorts_and_reads_back(a: &Key, b: &Key) -> Result<(), TestCaseError> {
    let (family, a_bytes) = super::encode(a);
    let (other, b_bytes) = super::encode(b);
    prop_assert_eq!(family, other);
    prop_assert_eq!(a_bytes.cmp(&b_bytes), a.cmp(b));
    prop_assert_eq!(super::decode(&a_bytes), Ok(a.clone()));
    prop_assert_eq!(super::decode(&b_bytes), Ok(b.clone()));
    Ok(())
}

/// Numbers that meet often, neighbours across byte borders, and any.
pub(super) fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..3u64, 254..258u64, any::<u64>(), Just(u64::MAX)]
}

pub(super) fn event() -> impl Strategy<Value = EventId> {
    (number(), number()).prop_map(|(ms, random)| EventId::new(ms, u128::from(random)))
}

pub(super) fn dedup_key() -> impl Strategy<Value = DedupKey> {
    prop_oneof![0..3u128, any::<u128>()].prop_map(DedupKey)
}

pub(super) fn position() -> impl Strategy<Value = Position> {
    let offset = prop_oneof![0..3u32, any::<u32>()];
    (number(), offset).prop_map(|(index, offset)| Position { index, offset })
}

pub(super) fn class() -> impl Strategy<Value = Class> {
    prop::sample::select(Class::ALL.to_vec())
}

pub(super) fn due_kind() -> impl Strategy<Value = DueKind> {
    prop_oneof![Just(DueKind::Wake), Just(DueKind::Expire)]
}

/// Short texts of few letters, so that many are prefixes of others; the least and the greatest
/// letters are among them.
pub(super) fn ordering_key() -> impl Strategy<Value = OrderingKey> {
    "[ ab\u{a0}\u{7ff}\u{10ffff}]{1,4}"
        .prop_filter_map("breaks the rule", |text| OrderingKey::new(text).ok())
}
