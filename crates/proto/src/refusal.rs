//! A [`Refusal`] inside a gRPC status: its details hold one `google.rpc.Status`, which holds one
//! `google.protobuf.Any`, which holds the refusal. Both ends of the wire are here, so that they
//! cannot drift apart.

use bytes::Bytes;
use prost::Message;

use crate::v1::Refusal;

const TYPE_URL: &str = "type.googleapis.com/ackord.v1.Refusal";

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

/// The details of a gRPC status of this code that carries this refusal.
#[must_use]
pub fn to_details(code: i32, refusal: &Refusal) -> Bytes {
    let any = Any {
        type_url: TYPE_URL.to_owned(),
        value: refusal.encode_to_vec().into(),
    };
    let status = Status {
        code,
        message: refusal.message.clone(),
        details: vec![any],
    };
    status.encode_to_vec().into()
}

/// The refusal that a gRPC status carries; none if the details hold something else.
#[must_use]
pub fn from_details(details: &[u8]) -> Option<Refusal> {
    let status = Status::decode(details).ok()?;
    let any = status
        .details
        .into_iter()
        .find(|it| it.type_url == TYPE_URL)?;
    Refusal::decode(any.value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::RefusalReason;

    #[test]
    fn a_refusal_survives_the_status() {
        let refusal = Refusal {
            reason: RefusalReason::Overloaded.into(),
            message: "too much to do".to_owned(),
            retry_after_ms: 250,
            ..Refusal::default()
        };
        assert_eq!(from_details(&to_details(8, &refusal)), Some(refusal));
    }

    #[test]
    fn foreign_details_hold_no_refusal() {
        assert_eq!(from_details(b""), None);
        assert_eq!(from_details(b"\xff\xff\xff"), None);
    }
}
