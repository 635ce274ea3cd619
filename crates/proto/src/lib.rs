//! Wire and stored formats of Ackord, and the only conversions to and from its core.
//!
//! * [`v1`]: the public API, package `ackord.v1`, generated.
//! * [`refusal`]: how a refusal travels in a gRPC status.
//!
//! Generated types cross no other crate's inner doors: whoever serves the API turns them into
//! core's types at once.

pub mod refusal;

/// The public API: messages, clients and servers of package `ackord.v1`.
#[allow(clippy::all, clippy::pedantic, unreachable_pub, unused_qualifications)]
pub mod v1 {
    tonic::include_proto!("ackord.v1");
}

/// Descriptors of all protobuf files, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
