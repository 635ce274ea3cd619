//! Any bytes as a request, and as a definition: the same entry as the fuzzer's.

mod common;
mod support;

use ackord_proto::v1;
use proptest::prelude::*;
use prost::Message;

proptest! {
    #[test]
    fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        support::run(&bytes);
    }

    #[test]
    fn nearly_right_requests_are_judged(
        which in any::<[u8; 2]>(),
        changes in proptest::collection::vec(any::<u8>(), 0..18),
    ) {
        support::run(&[&[1], &which[..], &changes].concat());
    }

    #[test]
    fn nearly_right_definitions_are_compiled(
        preset in proptest::sample::select(ackord_verify::presets().collect::<Vec<_>>()),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let definition = v1::SourceDefinition {
            event_type: Some(preset.event_type()),
            dedup: Some(preset.dedup()),
            sender: Some(preset.sender()),
            ..common::definition(v1::Verification {
                rule: Some(v1::verification::Rule::Scheme(preset.scheme())),
                handshakes: preset.handshakes(),
                ..Default::default()
            })
        };
        let mut bytes = definition.encode_to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.insert(0, 0);
        support::run(&bytes);
    }
}
