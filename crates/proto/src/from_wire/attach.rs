//! A session's hello.

use ackord_core::command::Attach;
use ackord_core::id::NodeId;

use super::FieldError;
use super::field::{text, text_or_none};
use crate::v1;

/// A session that has a stream on this node.
///
/// # Errors
/// A field breaks a rule.
pub fn attach(hello: v1::Hello, node: NodeId) -> Result<Attach, FieldError> {
    Ok(Attach {
        key: text(hello.key, "key")?,
        nonce: hello.nonce,
        tag: text_or_none(hello.tag, "tag")?,
        node,
        accepts_messages: hello.accept_messages.unwrap_or(true),
    })
}
