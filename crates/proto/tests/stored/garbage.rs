//! No bytes end in a panic: whatever stands on the disk, the answer is a value or an error.

use ackord_proto::{entry, row};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::arbitrary;
use crate::samples;

proptest! {
    #[test]
    fn random_bytes_are_read_without_a_panic(
        bytes in vec(any::<u8>(), 0..256),
        (key, _) in arbitrary::keyed_row(),
    ) {
        let _ = row::decode(&key, &bytes);
        let _ = entry::decode(bytes.into());
    }

    #[test]
    fn a_row_is_read_under_any_key_without_a_panic(
        (_, row) in arbitrary::keyed_row(),
        (key, _) in arbitrary::keyed_row(),
    ) {
        let _ = row::decode(&key, &row::encode(&row));
    }
}

#[test]
fn a_truncated_value_is_read_without_a_panic() {
    for (name, value) in samples::all() {
        let bytes = value.encode();
        for length in 0..bytes.len() {
            let short = value.decode_as(&bytes[..length]);
            assert_ne!(short, Ok(value.clone()), "{name} cut to {length} bytes");
        }
    }
}

#[test]
fn a_flipped_bit_is_read_without_a_panic() {
    for (_, value) in samples::all() {
        let mut bytes = value.encode();
        for at in 0..bytes.len() * 8 {
            bytes[at / 8] ^= 1 << (at % 8);
            let _ = value.decode_as(&bytes);
            bytes[at / 8] ^= 1 << (at % 8);
        }
    }
}

#[test]
fn bytes_behind_a_value_are_refused() {
    for (name, value) in samples::all() {
        let mut bytes = value.encode();
        // A field of a number that nobody uses.
        bytes.extend_from_slice(&[0xf8, 0x7f, 0x01]);
        assert!(value.decode_as(&bytes).is_err(), "{name}");
    }
}
