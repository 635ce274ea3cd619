//! Wire and stored formats of Ackord, and the only conversions to and from its core.
//!
//! * [`v1`]: the public API, package `ackord.v1`, generated.
//! * [`peer`]: what nodes say to each other, package `ackord.peer.v1`, generated.
//! * [`stored`]: what is on disk, package `ackord.stored.v1`, generated.
//! * [`from_wire`] and [`to_wire`]: between the API's messages and core's types.
//! * [`refusal`]: how a refusal travels in a gRPC status.
//! * [`entry`] and [`row`]: core's log entries and rows as bytes, and back.
//! * [`shorthand`]: sources, from the few words that agents say.
//!
//! Core's types do not serialize; each has a twin here. Both directions name every field and every
//! case, so that a new one in core fails to compile until somebody has thought of its format.
//! Reading is total: whatever the bytes, the answer is a value or a [`DecodeError`].

mod decode_error;
pub mod entry;
mod field_error;
mod form;
pub mod from_wire;
mod redacted;
pub mod refusal;
pub mod row;
pub mod shorthand;
mod text;
pub mod to_wire;

pub use decode_error::{DecodeError, Fault};
pub use field_error::{FieldError, FieldFault};

/// What is generated, in the modules of its packages: one package names another by them.
#[allow(clippy::all, clippy::pedantic, unreachable_pub, unused_qualifications)]
mod ackord {
    pub mod peer {
        pub mod v1 {
            tonic::include_proto!("ackord.peer.v1");
        }
    }
    pub mod stored {
        pub mod v1 {
            tonic::include_proto!("ackord.stored.v1");
        }
    }
    pub mod v1 {
        tonic::include_proto!("ackord.v1");
    }
}

/// What the nodes of a cluster say to each other: messages, clients and servers of package
/// `ackord.peer.v1`.
pub use ackord::peer::v1 as peer;
/// What is on disk: messages of package `ackord.stored.v1`.
pub use ackord::stored::v1 as stored;
/// The public API: messages, clients and servers of package `ackord.v1`.
pub use ackord::v1;

/// Descriptors of all protobuf files, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
