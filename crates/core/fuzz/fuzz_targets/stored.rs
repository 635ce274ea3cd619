//! Any bytes as what stands on a disk: an entry of the log, and a row under each kind of key. The
//! answer is a value or an error, and a value says the same once it was written and read again.
#![no_main]

use ackord_core::id::{EventId, JobId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{Class, DedupKey, DueKind};
use ackord_core::rows::Key;
use ackord_core::text::OrderingKey;
use ackord_core::time::{Position, Timestamp};
use ackord_proto::{entry, row};
use bytes::Bytes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = entry::decode(Bytes::copy_from_slice(bytes)) {
        assert_eq!(entry::decode(entry::encode(&read)), Ok(read));
    }
    for key in keys() {
        if let Ok(read) = row::decode(&key, bytes) {
            assert_eq!(row::decode(&key, &row::encode(&read)), Ok(read));
        }
    }
});

/// One of each kind.
fn keys() -> [Key; 17] {
    let (team, event, queue) = (TeamId(1), EventId(2), QueueId(3));
    let position = Position::default();
    let lane = || OrderingKey::new("key").expect("a valid key");
    [
        Key::Meta,
        Key::Node(NodeId(1)),
        Key::Team(team),
        Key::Token(TokenId(1)),
        Key::Queue(queue),
        Key::Session(SessionId(1)),
        Key::Job(JobId(1)),
        Key::Event(team, event),
        Key::Content(team, event),
        Key::Dedup(team, DedupKey(1)),
        Key::Lane(queue, lane()),
        Key::LaneWaiting(queue, lane(), position),
        Key::Fresh(queue, Class::Normal, position),
        Key::Returned(queue, Class::Normal, position),
        Key::Due(Timestamp(1), team, event, DueKind::Wake),
        Key::Dead(team, position),
        Key::Finished(team, position),
    ]
}
